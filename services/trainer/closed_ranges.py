"""The ranges on their way from the consume loop's thread to the trainer's."""

import threading
from collections import deque
from dataclasses import dataclass

from services.trainer.lease import Lease
from services.trainer.ranges import SwipeRange


@dataclass(frozen=True)
class LeasedRange:
    """A range, and the lease under which its records were read."""

    swipes: SwipeRange
    lease: Lease


class ClosedRanges:
    """A queue in the order of closing. What is in it is bounded by the load of its leases."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ranges: deque[LeasedRange] = deque()
        self.stopping = threading.Event()

    def put(self, closed: LeasedRange) -> None:
        """Append a range."""
        with self._changed:
            self._ranges.append(closed)
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """Return how many ranges wait."""
        with self._changed:
            return sum(not closed.lease.lost.is_set() for closed in self._ranges)

    def take(self) -> LeasedRange | None:
        """Wait for the next range; None once `stop` has been called. Ranges of a lost lease are left out."""
        with self._changed:
            while not self.stopping.is_set():
                while self._ranges:
                    if not (closed := self._ranges.popleft()).lease.lost.is_set():
                        return closed
                self._changed.wait()
        return None

    def stop(self) -> None:
        """Wake whoever takes; the log still has what is dropped."""
        with self._changed:
            self.stopping.set()
            self._changed.notify_all()
