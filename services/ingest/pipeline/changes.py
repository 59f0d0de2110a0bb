"""Tells those who wait in an event loop that something has changed, whichever thread changed it."""

import asyncio
import threading
from contextlib import suppress


class Changes:
    """Counts changes. `note` is any thread's; the other methods are one event loop's."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._coming = False  # a wake-up is under way: a thousand changes at once are one
        self._woken = asyncio.Event()
        self._closing = asyncio.Event()

    def note(self) -> None:
        """Count a change and wake who waits."""
        with self._lock:
            self.count += 1
            loop, scheduled = self._loop, self._coming
            self._coming = loop is not None
        if loop is not None and not scheduled and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake)

    def close(self) -> None:
        """Wake everybody for the last time: the service stops."""
        self._closing.set()
        self._wake()

    @property
    def closed(self) -> bool:
        """Tell whether the service stops."""
        return self._closing.is_set()

    async def after(self, seen: int, seconds: float) -> bool:
        """Wait until there are more changes than were `seen`, at most so many seconds; tell whether."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                while self.count == seen and not self.closed:
                    await self._woken.wait()
        except TimeoutError:
            return False
        return not self.closed

    async def pause(self, seconds: float) -> None:
        """Let this time pass, or less when the service stops."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    def _wake(self) -> None:
        with self._lock:
            self._coming = False
        woken, self._woken = self._woken, asyncio.Event()
        woken.set()
