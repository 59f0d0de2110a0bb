"""Masks: vectors modulo 2^64 that look like chance and cancel in the sum."""

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from fedswipe.learning.secure_sum.error import SecureSumError
from fedswipe.learning.secure_sum.key_agreement import agree

Vector = NDArray[np.uint64]
WORD = 8  # bytes


def mask(seed: bytes, size: int) -> Vector:
    """Return the mask (size,) of a seed (32 bytes): AES-256's key stream in counter mode, as in the paper.

    A seed makes one mask, so the counter may begin at 0.
    """
    stream = Cipher(algorithms.AES(seed), modes.CTR(bytes(16))).encryptor().update(bytes(WORD * size))
    return np.frombuffer(stream, "<u8").astype(np.uint64, copy=False)


def add_pair_mask(vector: Vector, own: int, private: bytes, other: int, public: bytes) -> None:
    """Add, in place, what clients `own` and `other` have in common: one adds it, the other subtracts it."""
    shared = mask(agree(private, public, b"mask"), len(vector))
    if own < other:
        np.add(vector, shared, out=vector)
    else:
        np.subtract(vector, shared, out=vector)


def to_bytes(vector: Vector) -> bytes:
    """Return a masked vector as it travels: 64-bit little-endian, without a header."""
    return vector.astype("<u8").tobytes()


def from_bytes(data: bytes, size: int) -> Vector:
    """Read a masked vector (size,). SecureSumError for another length; any bytes of this one are a vector."""
    if len(data) != WORD * size:
        told = f"has {len(data)} bytes, {WORD * size} expected for {size} numbers"
        raise SecureSumError(f"masked vector: {told}")
    return np.frombuffer(data, "<u8").astype(np.uint64)
