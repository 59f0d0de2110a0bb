"""Waiting for something to become so, by looking again and again, never for longer than a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LOOK_AGAIN_SECONDS = 0.02


def until(reached: Callable[[], T | None], what: str = "what was waited for", seconds: float = 60.0) -> T:
    """Return the first true value of `reached`; an AssertionError names `what` did not come in time."""
    deadline = time.monotonic() + seconds
    while not (found := reached()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(LOOK_AGAIN_SECONDS)
    return found
