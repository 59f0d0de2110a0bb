"""Distances of swipes from words' ideal paths, against a reference by numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.paths import POINTS, Paths
from fedswipe.swipe.trie import NO_WORD, encode_words

LAYOUT = load_layout("qwerty-en")
WIDTH, HEIGHT = 360.0, 215.0
WORDS = ("a", "all", "hello", "typewriter", "qqq")
SPELLINGS = encode_words(WORDS, LAYOUT)


def through(word: str, size: tuple[float, float] = (WIDTH, HEIGHT), off: float = 0.0) -> Gesture:
    """Straight from key to key, a share of the keyboard's width too far to the right."""
    places = (LAYOUT.centres[LAYOUT.encode(word) - 1] + [off, 0.0]) * size
    times = np.arange(len(places)) * 100.0
    return Gesture(np.column_stack([places, times]).astype(np.float32), *size)


def cut(corners: np.ndarray) -> np.ndarray:
    arc = np.concatenate([[0.0], np.linalg.norm(np.diff(corners, axis=0), axis=1).cumsum()])
    goals = np.linspace(0.0, arc[-1], POINTS)
    return np.column_stack([np.interp(goals, arc, axis) for axis in corners.T])


def reference(gesture: Gesture, word: str) -> float:
    key = gesture.width * LAYOUT.key_width
    size = np.array([gesture.width, gesture.height])
    swiped = np.clip(gesture.points[:, :2].astype(np.float64), -size, 2 * size) / key
    ideal = LAYOUT.centres[LAYOUT.encode(word) - 1] * size / key
    return float(np.linalg.norm(cut(swiped) - cut(ideal), axis=1).mean())


def distances(gestures: list[Gesture], words: list[list[int]]) -> np.ndarray:
    return Paths.of(LAYOUT, gestures).distances(SPELLINGS, np.array(words, dtype=np.int32))


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), st.integers(1, 40), st.floats(0.2, 3.0))
def test_distances_are_the_references(seed: int, points: int, aspect: float) -> None:
    random = np.random.default_rng(seed)
    steps = random.normal(0, 40, (points, 3)) * random.integers(0, 2, (points, 1))  # with rests in between
    walk = Gesture(
        (np.cumsum(steps, axis=0) + np.array([150.0, 100.0, 0.0])).astype(np.float32), WIDTH, WIDTH * aspect
    )
    found = distances([walk], [list(range(len(WORDS)))])[0]
    assert found == pytest.approx([reference(walk, word) for word in WORDS], abs=1e-5)


@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (1080.0, 400.0)])
def test_a_swipe_along_a_words_keys_is_at_no_distance_on_any_keyboard(size: tuple[float, float]) -> None:
    found = distances([through(word, size) for word in WORDS], [[n] for n in range(len(WORDS))])
    assert found == pytest.approx(np.zeros((len(WORDS), 1)), abs=1e-5)


def test_it_is_measured_in_key_widths() -> None:
    shifted = through("hello", off=0.5 * LAYOUT.key_width)
    assert distances([shifted], [[2]])[0, 0] == pytest.approx(0.5, abs=1e-5)


def test_no_word_is_infinitely_far() -> None:
    assert distances([through("all")], [[NO_WORD, 1]])[0] == pytest.approx([np.inf, 0.0], abs=1e-5)


def test_some_of_the_swipes_keep_their_own_paths() -> None:
    gestures = [through("all"), through("hello", (720.0, 300.0)), through("a")]
    words = np.array([[1, 2]], dtype=np.int32)
    second = Paths.of(LAYOUT, gestures).of_rows(np.array([1])).distances(SPELLINGS, words)
    assert second.tolist() == Paths.of(LAYOUT, gestures[1:2]).distances(SPELLINGS, words).tolist()


def test_of_no_swipes_there_are_none() -> None:
    none = Paths.of(LAYOUT, []).distances(SPELLINGS, np.empty((0, 2), dtype=np.int32))
    assert none.shape == (0, 2)
