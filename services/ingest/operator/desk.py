"""Does an operator's jobs one after the other, in a thread of its own, and lets only a few wait."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from http import HTTPStatus
from typing import TypeVar

from fedswipe.http.problem import Problem

T = TypeVar("T")
ROOM = 4  # jobs that wait


class Desk:
    """A worker; `run` belongs in a thread of its own."""

    def __init__(self, room: int = ROOM) -> None:
        self.stopping = threading.Event()
        self._jobs: queue.Queue[Callable[[], None] | None] = queue.Queue(room + 1)
        self._room = room

    def submit(self, job: Callable[[], T]) -> "Future[T]":
        """Have a job done; the future gives its result or its error. Raises Problem (503) when many wait."""
        if self._jobs.qsize() >= self._room or self.stopping.is_set():
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "OVERLOADED",
                "other jobs of an operator wait; ask again later",
            )
        done: Future[T] = Future()

        def work() -> None:
            if done.set_running_or_notify_cancel():
                try:
                    done.set_result(job())
                except BaseException as error:  # noqa: BLE001  (it is told to whoever asked)
                    done.set_exception(error)

        self._jobs.put_nowait(work)
        return done

    def run(self) -> None:
        """Work until `stop`; what still waits then is not done."""
        while (job := self._jobs.get()) is not None and not self.stopping.is_set():
            job()

    def stop(self) -> None:
        """Make `run` return once the job under way is done; a long one looks at `stopping`."""
        self.stopping.set()
        self._jobs.put(None)
