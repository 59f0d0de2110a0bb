"""Waiting for something to become so, by looking again and again, never for longer than a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LOOK_AGAIN_SECONDS = 0.02


def until(
    reached: Callable[[], T | None],
    what: str = "what was waited for",
    seconds: float = 60.0,
    every: float = LOOK_AGAIN_SECONDS,
) -> T:
    """Return the first true value of `reached`; an AssertionError names `what` did not come in time.

    `every`: seconds between two looks; more than the default for a look that opens a client of Kafka, whose
    threads have to start and to end.
    """
    deadline = time.monotonic() + seconds
    while not (found := reached()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(every)
    return found
