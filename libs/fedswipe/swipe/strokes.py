"""Where and when the strokes of simulated swipes go: from key to key, past the aim, with rests between.

All arrays have a row a swipe and a column a letter or stroke; what lies past a word's end is zero long.
"""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedswipe.swipe.layout import Layout
from fedswipe.swipe.styles import Array, Styles

OVERLAP = 0.95  # standard deviation of a stroke's overlap, as a share of its typist's
STROKE_TIME, SWIPE_TIME = 0.265, 0.14  # standard deviations, natural logarithms
REST = 0.87  # mean rest, in the typist's pace
FITTS = 0.47  # how far time goes with the logarithm of the distance: all of it is 1


def places(layout: Layout, words: Sequence[str], styles: Styles, random: Generator) -> Array:
    """Where the finger turns: (n, longest, 2) in key widths, the first letter's first."""
    codes, last = _codes(layout, words)
    size = np.stack([np.ones(len(words)), styles.aspect], axis=1)[:, None] / layout.key_width
    keys = layout.centres.astype(np.float64)[codes] * size
    middle = size / 2
    cos, sin = np.cos(styles.rotation)[:, None], np.sin(styles.rotation)[:, None]
    x, y = np.moveaxis((keys - middle) * np.exp(styles.stretch)[:, None, None], 2, 0)
    turned = np.stack([cos * x - sin * y, sin * x + cos * y], axis=2) + middle
    offset = np.stack([styles.offset_x, styles.offset_y], axis=1)[:, None]
    aimed: Array = turned + offset + _aims(codes, last, styles, random)
    return _overshot(aimed, last, styles, random)


def schedule(
    strokes: Array, words: Sequence[str], styles: Styles, random: Generator
) -> tuple[Array, Array, Array]:
    """When each stroke begins and how long it lasts, both (n, strokes); when each swipe ends (n,); in ms."""
    # Fitts's law: time grows with the logarithm of the distance; the keys are all equally wide.
    reach = np.linalg.norm(strokes, axis=2)
    lasts = styles.pace[:, None] * (1 - FITTS + FITTS * np.log2(1 + reach))
    lasts *= np.exp(random.normal(0, STROKE_TIME, lasts.shape))
    lasts *= np.exp(random.normal(0, SWIPE_TIME, (len(lasts), 1)))
    lasts[_past(words, lasts.shape[1])] = 0
    overlaps = np.clip(styles.overlap[:, None] * random.normal(1, OVERLAP, lasts.shape), 0, 0.8)
    rests = random.exponential(REST, lasts.shape) * styles.pace[:, None]
    rests *= random.random(lasts.shape) < styles.hesitation[:, None]
    waits = lasts[:, :-1] * (1 - overlaps[:, :-1]) + rests[:, 1:]
    begins = 0.7 * rests[:, :1] + np.concatenate(
        [np.zeros((len(lasts), 1)), np.cumsum(waits, axis=1)], axis=1
    )
    leaves = random.exponential(REST / 2, len(lasts)) * styles.pace
    return begins, lasts, np.where(lasts > 0, begins + lasts, 0).max(axis=1) + leaves


def passing(strokes: Array, begins: Array, lasts: Array, styles: Styles) -> Array:
    """How fast the finger is at each key, (n, strokes + 1, 2), in key widths a ms; at both ends it rests.

    It is the speed from the key before to the key after, in the time that this takes: none where it turns
    back, little where it rests.
    """
    between = np.maximum(begins[:, 1:] + lasts[:, 1:] - begins[:, :-1], 1e-9)
    steady = (strokes[:, :-1] + strokes[:, 1:]) / between[:, :, None]
    steady[lasts[:, 1:] == 0] = 0  # a word's last key
    speeds = np.zeros((len(strokes), strokes.shape[1] + 1, 2))
    speeds[:, 1:-1] = steady * styles.carry[:, None, None]
    return speeds


def bows(styles: Styles, shape: tuple[int, ...], random: Generator) -> Array:
    """How far each stroke bends sideways, as a share of its length."""
    bent: Array = styles.bow[:, None] + random.normal(size=shape) * styles.swerve[:, None]
    return bent


def _codes(layout: Layout, words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys of the letters (n, longest), the last one again past a word's end, and which letter each is."""
    lengths = np.array([len(word) for word in words])
    codes = np.zeros((len(words), max(int(lengths.max()), 2)), dtype=np.int64)
    codes[np.arange(codes.shape[1]) < lengths[:, None]] = (
        np.concatenate([layout.encode(word) for word in words]) - 1
    )
    letters = np.minimum(np.arange(codes.shape[1]), lengths[:, None] - 1)
    return np.take_along_axis(codes, letters, axis=1), letters


def _aims(codes: NDArray[np.int64], letters: NDArray[np.int64], styles: Styles, random: Generator) -> Array:
    ends = letters == letters[:, -1:]
    spread = np.where(ends, styles.end_aim[:, None], styles.aim[:, None])
    spread[:, 0] = styles.start_aim
    spread *= np.exp(random.normal(size=len(codes)) * styles.sloppiness)[:, None]
    aims = random.normal(size=(*codes.shape, 2)) * spread[:, :, None]
    # Two equal letters in a row are one place, aimed at once; so is the end of a short word's row.
    same = np.concatenate([np.zeros((len(codes), 1), dtype=bool), codes[:, 1:] == codes[:, :-1]], axis=1)
    once: Array = np.take_along_axis(aims, _last_true(~same)[:, :, None], axis=1)
    return once


def _overshot(aimed: Array, letters: NDArray[np.int64], styles: Styles, random: Generator) -> Array:
    """Between the first and the last letter the finger goes past its aim, or stops short of it."""
    strokes = np.diff(aimed, axis=1)
    reach = np.linalg.norm(strokes, axis=2, keepdims=True)
    share = styles.overshoot[:, None] + random.normal(size=strokes.shape[:2]) * styles.slip[:, None]
    past = strokes / np.maximum(reach, 1e-6) * np.minimum(reach, 1.0) * share[:, :, None]
    past[letters[:, 1:] == letters[:, -1:]] = 0
    return np.concatenate([aimed[:, :1], aimed[:, 1:] + past], axis=1)


def _past(words: Sequence[str], columns: int) -> NDArray[np.bool_]:
    """Which strokes (n, columns) lie past their word's end; a word of one letter has one of no length."""
    lengths = np.array([len(word) for word in words])
    past: NDArray[np.bool_] = np.arange(columns) >= np.maximum(lengths - 1, 1)[:, None]
    return past


def _last_true(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each column, the last column up to it that is true."""
    columns = np.where(flags, np.arange(flags.shape[1]), 0)
    return np.maximum.accumulate(columns, axis=1)
