"""Waits in an event loop for what another thread acknowledges."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from fedswipe.kafka.errors import BrokerUnavailable


async def all_stored(sends: "Sequence[Future[int]]", seconds: float) -> list[int]:
    """Return the offsets of all sends. Raises BrokerUnavailable at the first failed, or after `seconds`."""
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
    try:
        async with asyncio.timeout(seconds):
            await done.wait()
    except TimeoutError as error:
        raise BrokerUnavailable(f"Kafka: nothing acknowledged within {seconds:g} s") from error
    return [sent.result() for sent in sends]
