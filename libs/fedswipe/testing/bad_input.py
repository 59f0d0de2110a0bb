"""What tests of decoders need: a bound on memory, and damage."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MB = 1_000_000


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    """Fail when what is done inside has more than `limit` bytes of Python's memory at once."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit, f"{peak:,} bytes, {limit:,} at most"


def flipped(whole: bytes, choose: Callable[[int, int], int]) -> bytes:
    """Return the bytes with one to three bits changed; `choose` picks a number from one to another."""
    data = bytearray(whole)
    for _ in range(choose(1, 3)):
        data[choose(0, len(data) - 1)] ^= 1 << choose(0, 7)
    return bytes(data)
