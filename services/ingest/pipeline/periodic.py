"""Does something again and again, until it is stopped."""

import logging
import threading
from collections.abc import Callable

from fedswipe.errors import Retryable

log = logging.getLogger(__name__)


class Periodic:
    """Calls `work` every so many seconds; `run` belongs in a thread of its own.

    What is Retryable is tried again when its turn comes, and said once until it works; other errors pass.
    """

    def __init__(self, work: Callable[[], None], seconds: float) -> None:
        self._work = work
        self._seconds = seconds
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until `stop`."""
        failing = False
        while not self._stopping.is_set():
            try:
                self._work()
            except Retryable as error:
                if not failing:
                    log.warning("again every %g s: %s", self._seconds, error)
                failing = True
            else:
                failing = False
            self._stopping.wait(self._seconds)

    def stop(self) -> None:
        """Make `run` return once the work under way is done."""
        self._stopping.set()
