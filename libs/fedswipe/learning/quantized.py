"""Every number of a delta as a whole number of 8 or 4 bits: scales, then the numbers in order.

Two of 4 bits share a byte, the first in its lower half.
"""

import numpy as np
from numpy.typing import NDArray

from fedswipe.errors import InvalidMessage
from fedswipe.learning.scaled import SCALE_BYTES, Sizes, fit_scales, read_scales, scale_up, whole_numbers


def payload_bytes(sizes: Sizes, bits: int) -> int:
    """Return the length of a payload with whole numbers of `bits` bits (8 or 4)."""
    return SCALE_BYTES * len(sizes) + -(-sum(sizes) * bits // 8)


def encode(flat: NDArray[np.float32], sizes: Sizes, bits: int) -> bytes:
    """Return a finite float32 vector's bytes; each number is off by half its tensor's scale at most.

    Raises InvalidMessage (`overflow`).
    """
    scales = fit_scales(flat, sizes, (1 << (bits - 1)) - 1)
    numbers = whole_numbers(flat, np.repeat(scales, sizes))
    return scales.tobytes() + (numbers.tobytes() if bits == 8 else _halves(numbers))


def decode(payload: bytes, sizes: Sizes, bits: int) -> NDArray[np.float32]:
    """Return the (sum of sizes,) vector, exactly. Raises InvalidMessage (`misshapen`)."""
    size, wanted = sum(sizes), payload_bytes(sizes, bits)
    if len(payload) != wanted:
        raise InvalidMessage(
            "misshapen",
            f"payload: {len(payload)} bytes; {size} {bits}-bit numbers and {len(sizes)} scales are {wanted}",
        )
    scales = read_scales(payload, 0, len(sizes))
    numbers = np.frombuffer(payload, np.int8, offset=SCALE_BYTES * len(sizes))
    values = (numbers if bits == 8 else _whole(numbers, size)).astype(np.float32)
    return scale_up(values, scales, sizes)


def _halves(numbers: NDArray[np.int8]) -> bytes:
    pairs = np.zeros(-(-len(numbers) // 2) * 2, np.uint8)
    pairs[: len(numbers)] = numbers.view(np.uint8) & 0xF
    return (pairs[::2] | (pairs[1::2] << 4)).tobytes()


def _whole(pairs: NDArray[np.int8], size: int) -> NDArray[np.int8]:
    if size % 2 and pairs[-1] >> 4:
        raise InvalidMessage("misshapen", "payload: bits behind the last number; write it by `encode_delta`")
    numbers = np.empty(2 * len(pairs), np.int8)
    np.right_shift(np.left_shift(pairs, 4), 4, out=numbers[::2])
    np.right_shift(pairs, 4, out=numbers[1::2])
    return numbers[:size]
