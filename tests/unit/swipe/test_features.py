import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.steps import STEPS, channels

LAYOUT = load_layout("qwerty-en")
WIDTH, HEIGHT = 360.0, 200.0


def gesture(*points: tuple[float, float, float]) -> Gesture:
    return Gesture(np.array(points, dtype=np.float32), WIDTH, HEIGHT)


finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
any_gesture = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 12), st.just(3)),
    elements=st.one_of(st.floats(-50, 400, width=32), finite),
).map(lambda points: Gesture(points, WIDTH, HEIGHT))


@settings(deadline=None)  # the first example compiles
@given(any_gesture)
def test_no_gesture_gives_a_number_that_is_not_finite(swipe: Gesture) -> None:
    described = extract(LAYOUT, [swipe])
    assert described.shape == (1, STEPS, channels(LAYOUT))
    assert described.dtype == np.float32
    assert np.isfinite(described).all()


@settings(deadline=None)  # the first example compiles
@given(st.lists(any_gesture, min_size=1, max_size=5))
def test_a_batch_gives_the_bits_of_its_gestures_alone(swipes: list[Gesture]) -> None:
    alone = [extract(LAYOUT, [swipe]) for swipe in swipes]
    assert extract(LAYOUT, swipes).tobytes() == np.concatenate(alone).tobytes()


def test_an_empty_batch_is_empty() -> None:
    assert extract(LAYOUT, []).shape == (0, STEPS, channels(LAYOUT))


def test_steps_are_equal_in_half_arc_length_and_half_time() -> None:
    # Twice as fast in the second half of the way: share of arc 1/2, share of time 2/3 at the middle point.
    described = extract(LAYOUT, [gesture((0, 100, 0), (100, 100, 200), (200, 100, 300))])[0]
    x = (described[:, 0] + 1) / 2 * WIDTH
    progress = np.where(x < 100, x / 100 * (0.25 + 1 / 3), (0.25 + 1 / 3) + (x - 100) / 100 * (0.25 + 1 / 6))
    np.testing.assert_allclose(progress, np.linspace(0, 1, STEPS), atol=1e-5)


def test_a_rest_takes_part_by_its_time() -> None:
    described = extract(LAYOUT, [gesture((0, 100, 0), (0, 100, 300), (100, 100, 600))])[0]
    assert (described[:, 0] < -0.9999).sum() == 1 + int(0.25 * (STEPS - 1))


def test_motion_of_a_straight_swipe_to_the_right() -> None:
    described = extract(LAYOUT, [gesture((36, 100, 0), (324, 100, 630))])[0]
    np.testing.assert_allclose(described[[0, -1], 0], [-0.8, 0.8], atol=1e-6)
    np.testing.assert_allclose(described[:, 1], 0.0, atol=1e-6)
    np.testing.assert_allclose(described[:, 2:4], np.tile([1.0, 0.0], (STEPS, 1)), atol=1e-6)
    np.testing.assert_allclose(described[:, 4], np.log(0.1 + 100 * (8 / 63) / 11), rtol=1e-5)
    np.testing.assert_allclose(described[:, 5], np.log(11 / 16), rtol=1e-5)
    np.testing.assert_allclose(described[:, 6:8], np.tile([1.0, 0.0], (STEPS, 1)), atol=1e-6)


def test_a_right_angle_turns_once() -> None:
    # 63 steps of 3 pixels: the corner is the 22nd point.
    described = extract(LAYOUT, [gesture((0, 0, 0), (63, 0, 63), (63, 126, 189))])[0]
    np.testing.assert_allclose(described[21, 6:8], [0.0, 1.0], atol=1e-5)
    np.testing.assert_allclose(np.delete(described[:, 6], 21), 1.0, atol=1e-5)


def test_a_tap_rests_on_its_key() -> None:
    x, y = LAYOUT.centres[LAYOUT.alphabet.index("g")]
    described = extract(LAYOUT, [gesture((float(x) * WIDTH, float(y) * HEIGHT, 0))])[0]
    assert (described == described[0]).all()
    assert described[0, 2:4].tolist() == [0.0, 0.0]
    assert described[0, 8 + LAYOUT.alphabet.index("g")] == pytest.approx(1.0)
    one_key_away = described[0, 8 + LAYOUT.alphabet.index("h")]
    assert one_key_away == pytest.approx(np.exp(-1 / (2 * 0.8**2)), rel=1e-4)


def test_distances_are_the_fingers_on_a_keyboard_of_any_shape() -> None:
    # From the row of g to the row of t, in key widths, with half a key to the side.
    x, y = LAYOUT.centres[LAYOUT.alphabet.index("g")].tolist()
    for height in (150.0, 250.0):
        tap = Gesture(np.array([[x * WIDTH, y * height, 0]], dtype=np.float32), WIDTH, height)
        nearness = extract(LAYOUT, [tap])[0, 0, 8 + LAYOUT.alphabet.index("t")]
        rows = 0.28 * height / (0.1 * WIDTH)
        assert nearness == pytest.approx(np.exp(-(0.25 + rows**2) / (2 * 0.8**2)), rel=1e-4)


def test_size_in_pixels_and_start_of_time_do_not_matter() -> None:
    swipe = np.array([[40, 50, 0], [200, 90, 120], [300, 30, 340]], dtype=np.float32)
    later = (swipe + np.float32([0, 0, 64])) * np.float32([2, 2, 1])
    small, large = Gesture(swipe, WIDTH, HEIGHT), Gesture(later, 2 * WIDTH, 2 * HEIGHT)
    np.testing.assert_allclose(extract(LAYOUT, [small]), extract(LAYOUT, [large]), atol=1e-5)


def test_an_alphabet_of_another_size_has_its_own_channels() -> None:
    russian = load_layout("jcuken-ru")
    assert extract(russian, [gesture((1, 2, 3))]).shape == (1, STEPS, 8 + 32)
