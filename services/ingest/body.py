"""Takes requests' bodies in, and no more of them at a time than memory is there for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import Request

from fedswipe.http.body import read_body, too_large
from fedswipe.http.problem import Problem

LEAST_WEIGHT = 16 * 1024  # bytes: what the smallest request costs while it waits


class Room:
    """How many bytes of requests may be held at the same time. For one event loop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0

    @asynccontextmanager
    async def body(self, request: Request, most: int) -> AsyncIterator[bytes]:
        """Read a body of `most` bytes and count it until the context closes.

        Raises Problem: 413 before more than that is read, 503 when there is no room.
        """
        announced = request.headers.get("content-length", "")
        size = int(announced) if announced.isdecimal() else most
        if size > most:
            raise too_large(most)
        weight = max(size, LEAST_WEIGHT)
        if self._held and self._held + weight > self._limit:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "OVERLOADED", "too many requests wait; send it again later"
            )
        self._held += weight
        try:
            yield await read_body(request, most)
        finally:
            self._held -= weight
