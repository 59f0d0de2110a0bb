"""Reads ahead of whoever works on it, in a thread: the log is fetched while deltas are folded."""

import queue
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
HELD = 32  # items between the two threads: 32 MB of the largest records, at most


@contextmanager
def ahead(items: Iterable[T], held: int = HELD) -> Iterator[Iterator[T]]:
    """Yield an iterator over `items`, which a thread takes from its source; what it raises is raised here.

    The thread has ended when the context closes, also when not everything was taken.
    """
    waiting: queue.Queue[list[T]] = queue.Queue(held)
    stopping = threading.Event()

    def put(found: list[T]) -> None:
        while not stopping.is_set():
            try:
                waiting.put(found, timeout=0.1)
            except queue.Full:
                continue  # look again whether anybody still takes
            return

    def read() -> None:
        try:
            for item in items:
                put([item])
                if stopping.is_set():
                    return
        finally:
            put([])

    with ThreadPoolExecutor(1, thread_name_prefix="audit-ahead") as thread:
        reading = thread.submit(read)

        def taken() -> Iterator[T]:
            while found := waiting.get():
                yield found[0]
            reading.result()

        try:
            yield taken()
        finally:
            stopping.set()
