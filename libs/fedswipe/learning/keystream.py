"""Uniform 64-bit numbers of a seed: SHAKE-256 (FIPS 202) over the seed, a label and a block's number.

A cryptographic stream, so that nobody who lacks the seed can tell it from chance; of the standard library
alone, so that it is the same on every machine.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
BLOCK = 1 << 17  # words that are made at once


def words(seed: bytes, label: bytes, count: int) -> Words:
    """Return `count` words (count,). Each label, without a zero byte, has a stream of its own."""
    blocks = (
        hashlib.shake_256(b"%b\0%b\0%d" % (seed.hex().encode(), label, number)).digest(8 * BLOCK)
        for number in range(-(-count // BLOCK))
    )
    return np.frombuffer(b"".join(blocks), "<u8", count).astype(np.uint64, copy=False)
