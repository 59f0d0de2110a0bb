"""Waits in an event loop for what another thread acknowledges."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager

from fedswipe.kafka.errors import BrokerUnavailable


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Raise BrokerUnavailable when what stands in this context takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise BrokerUnavailable(f"Kafka: no answer within {seconds:g} s") from error


async def all_stored(sends: "Sequence[Future[int]]") -> list[int]:
    """Return the offsets of all sends, one or more. Raises BrokerUnavailable when one of them failed."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    waiting, lock = len(sends), threading.Lock()

    def one_done(_: "Future[int]") -> None:
        nonlocal waiting
        with lock:
            waiting -= 1
            last = waiting == 0
        if last and not loop.is_closed():
            loop.call_soon_threadsafe(done.set)  # once a request, not once a swipe: waking a loop is dear

    for sent in sends:
        sent.add_done_callback(one_done)
    await done.wait()
    return [sent.result() for sent in sends]
