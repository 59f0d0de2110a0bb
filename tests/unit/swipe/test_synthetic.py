from dataclasses import fields, replace

import numpy as np
import pytest

from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.styles import FACTORY, Normal, Population, Styles
from fedswipe.swipe.synthetic import swipe

LAYOUT = load_layout("qwerty-en")
STILL = Normal(0, 0)
# Every habit that blurs a swipe is off: what is left is the ideal path.
EXACT = replace(
    FACTORY,
    **dict.fromkeys(
        (
            "overlap",
            "carry",
            "bow",
            "swerve",
            "offset_x",
            "offset_y",
            "rotation",
            "stretch",
            "start_aim",
            "aim",
            "end_aim",
            "overshoot",
            "slip",
            "jitter",
            "missing",
            "wobble",
            "noise",
        ),
        STILL,
    ),
    hesitation=STILL,
)


def swipes(words: list[str], population: Population, seed: int = 0) -> list[Gesture]:
    random = np.random.default_rng(seed)
    return swipe(LAYOUT, words, population.draw(len(words), random), random)


def keys_of(word: str, gesture: Gesture) -> np.ndarray:
    return LAYOUT.centres[LAYOUT.encode(word) - 1] * [gesture.width, gesture.height]


@pytest.mark.parametrize("word", ["a", "at", "letter", "federation", "zz"])
def test_an_exact_typist_passes_every_key_in_order(word: str) -> None:
    (gesture,) = swipes([word], replace(EXACT, interval=Normal(1, 0)))
    near = 0.1 * LAYOUT.key_width * gesture.width
    visited = 0
    for point in gesture.points[:, :2]:
        while visited < len(word) and np.linalg.norm(point - keys_of(word, gesture)[visited]) < near:
            visited += 1
    assert visited == len(word)


def test_overlapping_strokes_cut_corners() -> None:
    word = "zap"  # a sharp corner at "a"
    (sharp,) = swipes([word], EXACT)
    (round_,) = swipes([word], replace(EXACT, overlap=Normal(0.6, 0)))
    corner = keys_of(word, sharp)[1]
    nearest = [np.linalg.norm(g.points[:, :2] - corner, axis=1).min() for g in (sharp, round_)]
    assert nearest[1] > nearest[0] + 0.1 * LAYOUT.key_width * sharp.width


def test_a_finger_that_keeps_its_speed_rounds_its_corners_and_still_passes_the_keys() -> None:
    """At a corner it moves on; it goes further than the straight lines; an end is an end."""
    slow = replace(EXACT, interval=Normal(1, 0), pace=Normal(200, 0))
    (stops,), (rounds,) = swipes(["oil"], slow), swipes(["oil"], replace(slow, carry=Normal(1, 0)))
    corner = keys_of("oil", rounds)[1]

    def gap(gesture: Gesture) -> float:
        return float(np.linalg.norm(gesture.points[:, :2] - corner, axis=1).min())

    def length(gesture: Gesture) -> float:
        return float(np.linalg.norm(np.diff(gesture.points[:, :2], axis=0), axis=1).sum())

    assert gap(rounds) < 0.1 * LAYOUT.key_width * rounds.width
    assert length(rounds) > 1.02 * length(stops)
    np.testing.assert_allclose(rounds.points[[0, -1], :2], stops.points[[0, -1], :2], rtol=1e-4)


def test_an_offset_moves_every_touch() -> None:
    (here,) = swipes(["letter"], EXACT)
    (there,) = swipes(["letter"], replace(EXACT, offset_x=Normal(0.5, 0)))
    moved = there.points - here.points
    np.testing.assert_allclose(moved[:, 0], 0.5 * LAYOUT.key_width * here.width, rtol=1e-4)
    np.testing.assert_allclose(moved[:, 1:], 0, atol=1e-4)


def test_a_faster_pace_takes_less_time() -> None:
    (slow,) = swipes(["letter"], replace(EXACT, pace=Normal(300, 0)))
    (fast,) = swipes(["letter"], replace(EXACT, pace=Normal(150, 0)))
    assert fast.points[-1, 2] < 0.6 * slow.points[-1, 2]


def test_speed_is_a_bell_between_two_keys() -> None:
    (gesture,) = swipes(["pq"], replace(EXACT, pace=Normal(500, 0), interval=Normal(8, 0)))
    speed = np.abs(np.diff(gesture.points[:, 0])) / np.diff(gesture.points[:, 2])
    middle = slice(len(speed) // 3, 2 * len(speed) // 3)
    assert speed[middle].min() > 3 * max(speed[0], speed[-1])


def test_times_run_forward_and_points_are_whole_gestures() -> None:
    for gesture in swipes(["a", "of", "characteristically"] * 20, FACTORY):
        assert 2 <= len(gesture.points) <= 400
        assert gesture.points[0, 2] == 0
        assert (np.diff(gesture.points[:, 2]) > 0).all()


def test_the_seed_decides_everything() -> None:
    words = ["hello", "a", "swipe"] * 200  # more than one chunk
    first, again, other = (swipes(words, FACTORY, seed) for seed in (1, 1, 2))
    features = [extract(LAYOUT, gestures) for gestures in (first, again, other)]
    np.testing.assert_array_equal(features[0], features[1])
    assert not np.array_equal(features[0], features[2])


def test_styles_are_drawn_within_their_ends() -> None:
    styles = FACTORY.draw(5000, np.random.default_rng(0))
    for field in fields(Styles):
        normal: Normal = getattr(FACTORY, field.name)
        values = getattr(styles, field.name)
        assert values.min() >= normal.low, field.name
        assert values.max() <= normal.high, field.name


def test_a_keyboard_of_another_alphabet_works_alike() -> None:
    layout = load_layout("jcuken-ru")
    random = np.random.default_rng(0)
    (gesture,) = swipe(layout, ["привет"], EXACT.draw(1, random), random)
    start = layout.centres[layout.encode("п")[0] - 1] * [gesture.width, gesture.height]
    np.testing.assert_allclose(gesture.points[0, :2], start, rtol=1e-4)
