"""The snapshots as server-sent events (HTML, "server-sent events"): now, and whenever something changes."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from fedswipe.http.problem import Problem
from services.ingest.pipeline.board import Board

GAP_SECONDS = 0.25  # between two snapshots: four a second
QUIET_SECONDS = 15.0  # until a comment says that the connection lives
COMMENT = b": still here\n\n"


class Events:
    """Streams for at most `most` listeners. One event loop's."""

    def __init__(self, board: Board, most: int, now_ms: Callable[[], int]) -> None:
        self._board = board
        self._most = most
        self._now_ms = now_ms
        self._listeners = 0

    def stream(self) -> AsyncIterator[bytes]:
        """Return a listener's stream. Raises Problem (503) when there are too many.

        A listener that reads slowly gets the newest snapshot when it is ready for one: nothing queues up.
        """
        if self._listeners >= self._most:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "TOO_MANY_LISTENERS",
                f"{self._most} listeners are connected (INGEST_LISTENERS): close a page, or ask again later",
            )
        return self._snapshots()

    async def _snapshots(self) -> AsyncIterator[bytes]:
        changes = self._board.changes
        with self._listening():
            while not changes.closed:
                seen = changes.count
                yield self._snapshot()
                await changes.pause(GAP_SECONDS)
                while not await changes.after(seen, QUIET_SECONDS) and not changes.closed:
                    yield COMMENT

    def _snapshot(self) -> bytes:
        return (
            b"event: pipeline\ndata: %b\n\n" % self._board.snapshot(self._now_ms()).model_dump_json().encode()
        )

    @contextmanager
    def _listening(self) -> Iterator[None]:
        self._listeners += 1
        try:
            yield
        finally:
            self._listeners -= 1


def wall_clock_ms() -> int:
    """Return the time of day, which only people read: nothing is decided by it."""
    return time.time_ns() // 1_000_000
