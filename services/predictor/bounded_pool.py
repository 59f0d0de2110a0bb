"""Work beside the event loop: a few threads, a short queue, and a clear no beyond it."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from fedswipe.errors import Retryable

T = TypeVar("T")


class Overloaded(Retryable):
    """Every thread is busy and the queue is full."""


class BoundedPool:
    """Runs at most `threads` calls at once and lets at most `waiting` wait."""

    def __init__(self, threads: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="predict")
        self._places = threading.BoundedSemaphore(threads + waiting)
        self._size = threads + waiting

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, from another thread. Raises Overloaded at once when there is no place.

        Who stops waiting gives the place back only when the work is over, or was never begun.
        """
        if not self._places.acquire(blocking=False):
            raise Overloaded(f"{self._size} requests are under way; send this one again in a moment")
        try:
            future = self._threads.submit(work)
        except RuntimeError:  # closed
            self._places.release()
            raise
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let the work under way end and start nothing more."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _leave(self, _: "Future[T]") -> None:
        self._places.release()
