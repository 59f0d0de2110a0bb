"""Fixed-point integers: int64 sums are the same bit for bit in whatever order they are made (rule 3)."""

import numpy as np
from numpy.typing import NDArray

Fixed = NDArray[np.int64]
LIMIT_BITS = 62  # count x weight x value stays below 2^62, so no sum can overflow int64
NORM_BITS = 16  # squares are summed at this coarser scale, where they fit


def quantize(values: NDArray[np.float32], bits: int) -> Fixed:
    """Return `values` in units of 2^-bits, rounded to the nearest, halves to even.

    Exact for every fp16 value when bits >= 24: its smallest step is 2^-24. The caller has checked that
    the values are finite and small enough.
    """
    return np.rint(np.ldexp(values.astype(np.float64), bits)).astype(np.int64)


def squared_norm(fixed: Fixed, bits: int) -> int:
    """Return the squared L2 norm in units of 2^-32, an exact integer sum of squares at 2^-16.

    Exact up to 2^62, which the caller's bounds on size and value guarantee.
    """
    coarse = fixed >> (bits - NORM_BITS)
    return int(np.dot(coarse, coarse))


def shrink(values: NDArray[np.float64], norm: int, limit: int) -> None:
    """Scale whole numbers, in place, from one squared norm down to another.

    float64 by element, rounded towards 0 to whole numbers: the same bits everywhere, and never longer.
    """
    np.multiply(values, np.sqrt(np.float64(limit)) / np.sqrt(np.float64(norm)), out=values)
    np.trunc(values, out=values)


def squared_norm_limit(norm: float) -> int:
    """Return the largest `squared_norm` of a delta whose L2 norm is at most `norm`."""
    return int(norm * norm * (1 << (2 * NORM_BITS)))
