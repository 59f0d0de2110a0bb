from dataclasses import replace

import numpy as np

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import load_layout
from fedswipe.training.augmentation import Augmentation

LAYOUT = load_layout("qwerty-en")
NONE = Augmentation(*[0.0] * 7)
LINE = Gesture(
    np.column_stack([np.linspace(50, 300, 40), np.linspace(20, 150, 40), np.arange(40) * 16]).astype(
        np.float32
    ),
    360.0,
    215.0,
)


def changed(augmentation: Augmentation, n: int = 200, seed: int = 0) -> np.ndarray:
    gestures = augmentation.apply(LAYOUT, [LINE] * n, np.random.default_rng(seed))
    return np.stack([gesture.points for gesture in gestures])


def test_no_deviation_changes_nothing() -> None:
    np.testing.assert_allclose(changed(NONE, 1)[0], LINE.points, atol=1e-3)


def test_a_shift_moves_whole_gestures_by_its_deviation_in_key_widths() -> None:
    moved = changed(replace(NONE, shift_x=0.5)) - LINE.points
    np.testing.assert_allclose(moved, np.broadcast_to(moved[:, :1], moved.shape), atol=1e-3)
    key = LAYOUT.key_width * LINE.width
    assert 0.4 < moved[:, 0, 0].std() / key < 0.6
    np.testing.assert_allclose(moved[:, :, 1:], 0, atol=1e-3)


def test_times_are_warped_but_never_run_back() -> None:
    times = changed(replace(NONE, warp=0.5, pace=0.3))[:, :, 2]
    assert (np.diff(times, axis=1) >= 0).all()
    assert times[:, -1].std() > 0.2 * LINE.points[-1, 2]


def test_jitter_is_smooth() -> None:
    moved = changed(replace(NONE, jitter=0.3)) - LINE.points
    steps = np.abs(np.diff(moved[:, :, :2], axis=1)).mean()
    assert np.abs(moved[:, :, :2]).mean() > 3 * steps > 0


def test_the_seed_decides_everything() -> None:
    first, again, other = (changed(Augmentation(), 5, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_tap_stays_a_tap() -> None:
    tap = Gesture(np.array([[10, 10, 0]], np.float32), 360.0, 215.0)
    (found,) = Augmentation().apply(LAYOUT, [tap], np.random.default_rng(0))
    assert found.points.shape == (1, 3)
    assert np.isfinite(found.points).all()
