"""Work beside the event loop: a few threads, a short queue, and a clear no beyond it."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar

from fedswipe.http.problem import Problem

T = TypeVar("T")


class BoundedPool:
    """Threads for at most `threads` requests at once and places for `waiting` more. For one event loop."""

    def __init__(self, threads: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="predict")
        self._places = threads + waiting
        self._taken = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places: a request takes it before its body is read. Raises Problem (503)."""
        if self._taken >= self._places:
            detail = f"{self._places} requests are under way; send it again later"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "OVERLOADED", detail)
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, from another thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Let the work under way end and start nothing more."""
        self._threads.shutdown(wait=True, cancel_futures=True)
