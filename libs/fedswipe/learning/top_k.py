"""The numbers of a delta that are farthest from zero, and no others (Aji and Heafield, arXiv 1704.05021).

A payload is a count, one scale a tensor, that many whole numbers of 8 bits, and their positions.
"""

import math

import numpy as np
from numpy.typing import NDArray

from fedswipe.errors import InvalidMessage
from fedswipe.learning.positions import Positions, pack, packed_bytes, unpack
from fedswipe.learning.scaled import SCALE_BYTES, Sizes, fit_scales, read_scales, scale_up, whole_numbers

SHARE = 0.1  # of the numbers that are sent
COUNT_BYTES = 4
LARGEST = 127  # whole number


def payload_bytes(sizes: Sizes, count: int) -> int:
    """Return the length of a payload of `count` numbers: it rises with them."""
    return COUNT_BYTES + SCALE_BYTES * len(sizes) + count + packed_bytes(count, sum(sizes))


def least_and_most_bytes(sizes: Sizes) -> tuple[int, int]:
    """Return the lengths of a payload with no number and with every one."""
    return payload_bytes(sizes, 0), payload_bytes(sizes, sum(sizes))


def encode(flat: NDArray[np.float32], sizes: Sizes, share: float) -> bytes:
    """Return the bytes of the `share` of a finite vector's numbers that is farthest from zero.

    A tensor of a single number, as each of the search's weights is, is sent in any case. What comes to 0 in
    units of its tensor's scale is not sent. Raises InvalidMessage (`overflow`).
    """
    ends = np.cumsum(sizes)
    positions = _farthest(flat, ends[np.array(sizes) == 1] - 1, share)
    kept = np.zeros_like(flat)
    kept[positions] = flat[positions]
    scales = fit_scales(kept, sizes, LARGEST)
    numbers = whole_numbers(kept[positions], np.repeat(scales, sizes)[positions])
    sent = numbers != 0
    positions, numbers = positions[sent], numbers[sent]
    count = len(positions).to_bytes(COUNT_BYTES, "little")
    return b"".join([count, scales.tobytes(), numbers.tobytes(), pack(positions, sum(sizes))])


def decode(payload: bytes, sizes: Sizes) -> NDArray[np.float32]:
    """Return the (sum of sizes,) vector, exactly; 0 where nothing was sent.

    Raises InvalidMessage (`misshapen`), before there is a vector.
    """
    size, least = sum(sizes), payload_bytes(sizes, 0)
    count = int.from_bytes(payload[:COUNT_BYTES], "little")
    if count > size or len(payload) != payload_bytes(sizes, count):
        raise InvalidMessage(
            "misshapen",
            f"payload: {len(payload)} bytes are not {count} of {size} numbers with {len(sizes)} scales and "
            "their positions; write it by `encode_delta`",
        )
    scales = read_scales(payload, COUNT_BYTES, len(sizes))
    numbers = np.frombuffer(payload, np.int8, count, least)
    positions = unpack(payload[least + count :], count, size)
    values = np.zeros(size, np.float32)
    values[positions] = numbers
    return scale_up(values, scales, sizes)


def _farthest(flat: NDArray[np.float32], always: Positions, share: float) -> Positions:
    """Return positions, ascending: `always`, and of the others the farthest from 0, the first of equals."""
    distances = np.abs(flat)
    distances[always] = -1.0
    wanted = min(len(flat) - len(always), math.ceil(share * len(flat)))
    least = np.partition(distances, len(flat) - wanted)[len(flat) - wanted] if wanted else np.inf
    farther = np.flatnonzero(distances > least)
    equal = np.flatnonzero(distances == least)[: wanted - len(farther)]
    return np.sort(np.concatenate([farther, equal, always]))
