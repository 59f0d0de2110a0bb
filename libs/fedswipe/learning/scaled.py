"""Numbers as small whole numbers times a scale, one scale a tensor (Alistarh et al., arXiv 1610.02132).

A scale has 17 significant binary digits and a whole number 7, so their product is a float32 as it stands:
decoding rounds nothing, on no machine and in no order of operations.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fedswipe.errors import InvalidMessage

Sizes = Sequence[int]  # how many numbers each tensor has, in the architecture's order, each at least 1
Scales = NDArray[np.float32]
DIGITS = 17  # of a scale, binary
LEAST, LARGEST = np.float32(2.0**-100), np.float32(2.0**100)  # a smaller scale is 0
BELOW = np.uint32((1 << (24 - DIGITS)) - 1)  # the bits of a float32 that a scale leaves zero
SCALE_BYTES = 4


def fit_scales(flat: NDArray[np.float32], sizes: Sizes, most: int) -> Scales:
    """Return for each tensor the least scale by which `most` reaches its largest number.

    Raises InvalidMessage (`overflow`) when a number is above `most` x 2^100.
    """
    starts = np.cumsum([0, *sizes[:-1]])
    exact = np.maximum.reduceat(np.abs(flat), starts).astype(np.float64) / most
    fraction, exponent = np.frexp(exact)
    scales = np.ldexp(np.ceil(np.ldexp(fraction, DIGITS)), exponent - DIGITS)
    if (scales > LARGEST).any():
        raise InvalidMessage("overflow", f"delta: {np.abs(flat).max():g} is too large to scale; use FP32")
    return np.where(scales < LEAST, 0.0, scales).astype("<f4")


def whole_numbers(values: NDArray[np.float32], scales: Scales) -> NDArray[np.int8]:
    """Return each number in units of its scale (both (n,)), rounded, halves to even; 0 where that is 0."""
    units = np.divide(values, scales, out=np.zeros(len(values)), where=scales > 0, dtype=np.float64)
    return np.rint(units).astype(np.int8)


def scale_up(numbers: NDArray[np.float32], scales: Scales, sizes: Sizes) -> NDArray[np.float32]:
    """Multiply each tensor's whole numbers, in place, by its scale; no product needs rounding."""
    for tensor, scale in zip(np.split(numbers, np.cumsum(sizes)[:-1]), scales, strict=True):
        tensor *= scale  # a view
    return numbers


def read_scales(payload: bytes, offset: int, count: int) -> Scales:
    """Return `count` scales of a payload. Raises InvalidMessage (`misshapen`) when one could round."""
    scales = np.frombuffer(payload, "<f4", count, offset)
    bits = scales.view("<u4")  # ordered as the numbers are; what is negative or not finite is above them
    sound = (bits >= LEAST.view("u4")) & (bits <= LARGEST.view("u4")) & (bits & BELOW == 0)
    if not (sound | (bits == 0)).all():
        raise InvalidMessage(
            "misshapen",
            f"payload: a scale is not 0, nor of {DIGITS} binary digits in 2^-100..2^100; "
            "write it by `encode_delta`",
        )
    return scales
