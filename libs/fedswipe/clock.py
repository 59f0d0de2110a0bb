"""Time as a dependency: a clock decides only where a recorded range ends, never what a model holds."""

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds that never run backwards; only differences mean anything."""

    def now(self) -> float:
        """Return the current reading in seconds."""
        ...


class MonotonicClock:
    """The machine's monotonic clock: a changed wall clock does not move it."""

    def now(self) -> float:
        """Return `time.monotonic()`."""
        return time.monotonic()
