"""How far a swipe runs from a word's ideal path: the straight lines from key to key.

The location channel of SHARK2 (Kristensson & Zhai, UIST 2004), without its tunnel: on both paths lie points
equally far apart, and the distances of equal points count alike.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.compiled import compiled
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout

POINTS = 32


class Paths(NamedTuple):
    """The paths of N swipes, without their times.

    points: float64 (N, POINTS, 2), in key widths from the keyboard's top left. keys: float64 (N, K, 2),
    the centres of the letters' keys on each swipe's keyboard, in the same unit.
    """

    points: NDArray[np.float64]
    keys: NDArray[np.float64]

    @classmethod
    def of(cls, layout: Layout, gestures: Sequence[Gesture]) -> "Paths":
        """Of gestures; a point farther than one keyboard outside counts as lying there."""
        sizes = np.array([(one.width, one.height) for one in gestures], np.float64).reshape(-1, 2)
        units = sizes / (sizes[:, :1] * layout.key_width)  # key widths across and down each keyboard
        points = np.empty((len(gestures), POINTS, 2))
        if gestures:
            counts = np.array([len(gesture.points) for gesture in gestures])
            of = np.repeat(np.arange(len(gestures)), counts)
            places = np.concatenate([gesture.points[:, :2] for gesture in gestures])
            _cut_each(np.clip(places / sizes[of], -1.0, 2.0) * units[of], np.cumsum(counts), points)
        return cls(points, layout.centres.astype(np.float64) * units[:, None])

    def of_rows(self, rows: NDArray[np.int64]) -> "Paths":
        """Some of the swipes."""
        return Paths(self.points[rows], self.keys[rows])

    def distances(self, spellings: NDArray[np.uint16], words: NDArray[np.int32]) -> NDArray[np.float64]:
        """The mean distance from words' ideal paths, in key widths, float64 (N, M).

        spellings: (W, longest), as of `trie.encode_words`. words: int32 (N, M), the rows of spellings that
        each swipe is compared with; a negative one is infinitely far.
        """
        found = np.empty(words.shape)
        _measure(self.points, self.keys, spellings, np.ascontiguousarray(words, dtype=np.int32), found)
        return found


@compiled
def _cut_each(corners: NDArray[np.float64], ends: NDArray[np.int64], points: NDArray[np.float64]) -> None:
    start = 0
    for i in range(len(ends)):
        _cut(corners[start : ends[i]], ends[i] - start, points[i])
        start = ends[i]


@compiled
def _measure(
    points: NDArray[np.float64],
    keys: NDArray[np.float64],
    spellings: NDArray[np.uint16],
    words: NDArray[np.int32],
    found: NDArray[np.float64],
) -> None:
    corners = np.empty((spellings.shape[1], 2))
    ideal = np.empty((points.shape[1], 2))
    for i in range(words.shape[0]):
        for m in range(words.shape[1]):
            found[i, m] = np.inf
            if words[i, m] >= 0:
                count = 0
                for letter in spellings[words[i, m]]:
                    if letter == 0:
                        break
                    corners[count, 0], corners[count, 1] = keys[i, letter - 1, 0], keys[i, letter - 1, 1]
                    count += 1
                _cut(corners, count, ideal)
                total = 0.0
                for k in range(len(ideal)):
                    x, y = points[i, k, 0] - ideal[k, 0], points[i, k, 1] - ideal[k, 1]
                    total += sqrt(x * x + y * y)
                found[i, m] = total / len(ideal)


@compiled
def _cut(corners: NDArray[np.float64], count: int, points: NDArray[np.float64]) -> None:
    """Put len(points) points on the path of the first `count` corners, equally far apart along it."""
    whole = 0.0
    for j in range(1, count):
        whole += _length(corners, j)
    before, j = 0.0, 1  # the arc's length up to corner j - 1
    for k in range(len(points)):
        goal = whole * k / (len(points) - 1)
        while j < count - 1 and before + _length(corners, j) < goal:
            before += _length(corners, j)
            j += 1
        side = _length(corners, j) if count > 1 else 0.0
        share = min(max((goal - before) / side, 0.0), 1.0) if side > 0.0 else 0.0
        last = min(j, count - 1)
        for axis in range(2):
            start = corners[j - 1, axis]
            points[k, axis] = start + share * (corners[last, axis] - start)


@compiled
def _length(corners: NDArray[np.float64], j: int) -> float:
    """Of the side that ends at corner j."""
    x, y = corners[j, 0] - corners[j - 1, 0], corners[j, 1] - corners[j - 1, 1]
    return sqrt(x * x + y * y)
