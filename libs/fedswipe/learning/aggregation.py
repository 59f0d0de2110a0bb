"""The algebra of folding: `empty`, `fold`, `merge`, and `mean` at the end (McMahan et al., arXiv 1602.05629).

A window's sum is an integer vector and an integer weight, so any grouping of the same deltas into
partial sums merges to the same bits. Floating point begins with the mean, by element and unfused.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedswipe.learning.fixed_point import Fixed


@dataclass(frozen=True, eq=False)
class Sum:
    """What a window has folded so far: sum of weight x delta in fixed point, weights, and how many."""

    total: Fixed
    weight: int = 0
    count: int = 0


def empty(size: int) -> Sum:
    """Return the sum of no deltas of `size` parameters."""
    return Sum(np.zeros(size, dtype=np.int64))


def fold(sum_: Sum, delta: Fixed, weight: int) -> Sum:
    """Add one delta, `weight` times. The sum's vector is reused: the old value may not be used any more."""
    np.add(sum_.total, delta * weight, out=sum_.total)
    return Sum(sum_.total, sum_.weight + weight, sum_.count + 1)


def merge(a: Sum, b: Sum) -> Sum:
    """Return the sum of everything in `a` and `b`."""
    return Sum(a.total + b.total, a.weight + b.weight, a.count + b.count)


def mean(sum_: Sum, scale_bits: int) -> NDArray[np.float64]:
    """Return the weighted mean of the folded deltas: one division by element, then an exact 2^-bits.

    ZeroDivisionError when nothing was folded.
    """
    if sum_.weight == 0:
        raise ZeroDivisionError("the mean of no deltas")
    return np.ldexp(sum_.total.astype(np.float64) / np.float64(sum_.weight), -scale_bits)
