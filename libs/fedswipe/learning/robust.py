"""Rules that bear some deltas that are wrong or hostile. They need all of a window's deltas at once.

Memory: one integer a number for every delta, so 4 bytes x numbers x deltas (8 where `max_value` x
2^`scale_bits` passes 2^31), that is deltas x an FP32 model: 33 MB for 32 of the English one. Each delta
counts once, whatever its examples and its age. All is integers, or float64 where it provably is: the bits are
the same everywhere. Every rule gives the sum of what it keeps, so `aggregation.mean` goes on from there.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedswipe.learning.aggregation import Sum, empty
from fedswipe.learning.fixed_point import NORM_BITS, Fixed
from fedswipe.learning.recipe import Recipe

Row = NDArray[np.signedinteger[Any]]  # a delta, int32 or int64
BLOCK = 8_192  # numbers of every delta that are looked at together


class Kept:
    """The deltas that count, in the log's order, which decides between equals."""

    def __init__(self, recipe: Recipe, size: int) -> None:
        self.rows: list[Row] = []
        self._recipe = recipe
        self._size = size
        narrow = recipe.max_value * 2.0**recipe.scale_bits < 2.0**31
        self._dtype: type[np.signedinteger[Any]] = np.int32 if narrow else np.int64

    def add(self, values: NDArray[np.float64], largest: float, weight: int) -> None:
        """Keep a delta of `size` whole numbers; `largest` and `weight` are for who adds up."""
        self.rows.append(values.astype(self._dtype))

    def merge(self, later: "Kept") -> "Kept":
        """Return everything in both, the rows of `later` last."""
        both = Kept(self._recipe, self._size)
        both.rows = self.rows + later.rows
        return both

    @property
    def sum(self) -> Sum:
        """Return what the recipe's rule makes of them; a sum of nothing when there are none."""
        if not self.rows:
            return empty(self._size)
        total, weight = RULES[self._recipe.rule](self.rows, self._recipe)
        return Sum(total, weight, len(self.rows))


def median(rows: Sequence[Row], recipe: Recipe) -> tuple[Fixed, int]:
    """Return, for every number, the sum of the one or two values in the middle.

    The coordinate-wise median of Yin et al., arXiv 1803.01498.
    """
    return _middle(rows, (len(rows) - 1) // 2), 2 - len(rows) % 2


def trimmed_mean(rows: Sequence[Row], recipe: Recipe) -> tuple[Fixed, int]:
    """Return, for every number, the sum without the largest and smallest `byzantine` share of its values.

    The coordinate-wise trimmed mean of Yin et al., arXiv 1803.01498.
    """
    cut = recipe.bad_ones(len(rows))
    return _middle(rows, cut), len(rows) - 2 * cut


def krum(rows: Sequence[Row], recipe: Recipe, *, several: bool) -> tuple[Fixed, int]:
    """Return the delta whose neighbours are nearest; with `several` (Multi-Krum) the sum of the n - f best.

    Of n deltas f may be bad: a delta's score is the sum of its squared distances to the n - f - 2 nearest
    (Blanchard et al., "Machine Learning with Adversaries", NeurIPS 2017).
    That needs n >= 2 f + 3; a window with fewer deltas bears fewer bad ones. Of equal scores: the first in
    the log.
    """
    count = len(rows)
    bad = min(recipe.bad_ones(count), max(count - 3, 0) // 2)
    nearest = np.sort(squared_distances(rows, recipe), axis=1)[:, 1 : max(count - bad - 1, 1)]
    taken = np.argsort(nearest.sum(axis=1), kind="stable")[: count - bad if several else 1]
    total = np.zeros(len(rows[0]), np.int64)
    for position in taken:
        total += rows[position]
    return total, len(taken)


def squared_distances(rows: Sequence[Row], recipe: Recipe) -> Fixed:
    """Return the squared L2 distances (n, n) in units of 2^-32, of deltas in units of 2^-16.

    The products are whole numbers, and by the recipe's bound on `max_norm` no sum of some of them passes
    2^53: float64 holds each, so the order in which a library adds them does not matter.
    """
    products = np.zeros((len(rows), len(rows)))
    for block in _blocks(rows):
        coarse = (block >> (recipe.scale_bits - NORM_BITS)).astype(np.float64)
        products += coarse @ coarse.T
    exact = products.astype(np.int64)
    norms = np.diagonal(exact)
    distances: Fixed = norms[:, None] + norms[None, :] - 2 * exact
    return distances


def _middle(rows: Sequence[Row], cut: int) -> Fixed:
    """Return for every number the sum of its values without the `cut` least and the `cut` largest."""
    kept = slice(cut, len(rows) - cut)
    return np.concatenate([np.sort(b, axis=0)[kept].sum(axis=0, dtype=np.int64) for b in _blocks(rows)])


def _blocks(rows: Sequence[Row]) -> Iterator[Row]:
    for start in range(0, len(rows[0]), BLOCK):
        yield np.stack([row[start : start + BLOCK] for row in rows])


RULES: dict[str, Callable[[Sequence[Row], Recipe], tuple[Fixed, int]]] = {
    "median": median,
    "trimmed_mean": trimmed_mean,
    "krum": partial(krum, several=False),
    "multi_krum": partial(krum, several=True),
}
