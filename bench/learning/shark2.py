"""SHARK2, the baseline without learning: a swipe is compared with the ideal path of every word.

Kristensson & Zhai 2004, "SHARK2: a large vocabulary shorthand writing system for pen-based computers", UIST.
Start and end prune the words; a shape channel compares paths of one size and place, a location channel
compares them where they lie on the keyboard, and a word's frequency weighs in. All lengths are in key widths.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot

import numba
import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.lexicon import Lexicon

POINTS = 64
TUNNEL = 0.5  # half a key: a path that stays so near to another costs nothing in the location channel
Paths = NDArray[np.float32]  # (n, POINTS, 2)
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Distances:
    """The words that a swipe's start and end leave: places in the lexicon, and both channels' distances."""

    words: NDArray[np.int64]
    shape: Array
    location: Array


@dataclass(frozen=True, eq=False)
class Templates:
    """The words' ideal paths through the key centres, on a keyboard ``aspect`` times as high as wide."""

    lexicon: Lexicon
    layout: Layout
    aspect: float
    paths: Paths
    shapes: Paths

    @classmethod
    def of(cls, lexicon: Lexicon, layout: Layout, aspect: float) -> "Templates":
        """Draw every word of a lexicon."""
        centres = layout.centres * (np.array([1.0, aspect]) / layout.key_width)
        paths = resampled(centres[layout.encode(word) - 1] for word in lexicon.words)
        return cls(lexicon, layout, aspect, paths, normalised(paths))

    def swiped(self, gestures: Sequence[Gesture]) -> Paths:
        """Gestures as paths on this keyboard."""
        keyboard = np.array([1.0, self.aspect]) / self.layout.key_width
        return resampled(one.points[:, :2] / [one.width, one.height] * keyboard for one in gestures)

    def distances(self, path: Array, reach: float) -> Distances:
        """Compare a path (POINTS, 2) with the words that begin and end within ``reach`` of it."""
        start, end = (np.linalg.norm(self.paths[:, edge] - path[edge], axis=1) for edge in (0, -1))
        (words,) = np.nonzero(np.maximum(start, end) <= reach)
        shape = np.linalg.norm(self.shapes[words] - normalised(path[None]), axis=2).mean(axis=1)
        location = np.empty(len(words), np.float32)
        _locate(path, self.paths, words, location)
        return Distances(words, shape, location)


def resampled(paths: Iterable[NDArray[np.floating]]) -> Paths:
    """POINTS points on each path (n, 2), equally far apart along it."""
    return np.stack([_resampled(np.ascontiguousarray(path, np.float64)) for path in paths])


def _resampled(path: NDArray[np.float64]) -> Array:
    arc = np.concatenate([[0.0], np.linalg.norm(np.diff(path, axis=0), axis=1).cumsum()])
    goals = np.linspace(0.0, arc[-1], POINTS)
    return np.column_stack([np.interp(goals, arc, axis) for axis in path.T]).astype(np.float32)


def normalised(paths: Paths) -> Paths:
    """The same about their middle, the longer side of their bounding box 1; a single point stays one."""
    sides = np.ptp(paths, axis=1).max(axis=1)
    middle = paths - paths.mean(axis=1, keepdims=True)
    return middle / np.where(sides > 0.0, sides, 1.0)[:, None, None].astype(np.float32)


@numba.njit(cache=True, nogil=True)
def _locate(path: Array, paths: Paths, words: NDArray[np.int64], location: Array) -> None:
    """The mean distance of equal points, the ends weighing most; 0 where each lies in the other's tunnel."""
    middle = (POINTS - 1) / 2
    total = 0.0
    for i in range(POINTS):
        total += abs(i - middle)
    for row in range(len(words)):
        other = paths[words[row]]
        found = 0.0
        if not (_lies_within(path, other) and _lies_within(other, path)):
            for i in range(POINTS):
                found += abs(i - middle) / total * hypot(path[i, 0] - other[i, 0], path[i, 1] - other[i, 1])
        location[row] = found


@numba.njit(cache=True, nogil=True)
def _lies_within(path: Array, other: Array) -> bool:
    for i in range(POINTS):
        near = False
        for j in range(POINTS):
            if hypot(path[i, 0] - other[j, 0], path[i, 1] - other[j, 1]) <= TUNNEL:
                near = True
                break
        if not near:
            return False
    return True
