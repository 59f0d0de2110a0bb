"""The Faust app: an agent a lineage folds what its channel brings, a timer closes windows, pages tell."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import faust
from faust.types import ChannelT
from faust.web import Request, Response, View

from fedswipe.backoff import Stopped
from fedswipe.worker import Worker
from services.aggregator.delta_reader import DeltaReader
from services.aggregator.handlers import Aggregation
from services.aggregator.mailbox import Mail

TIMER_SECONDS = 0.25  # how late a window may close by time


class Folding:
    """Runs one lineage's handlers one after another in one thread, away from the event loop."""

    def __init__(self, aggregation: Aggregation, reader: DeltaReader) -> None:
        self._aggregation = aggregation
        self._reader = reader
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="folding")

    async def handle(self, mail: Mail) -> None:
        """Handle one piece of mail."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._aggregation.handle, mail)
        self._reader.handled(mail)

    async def close_due_window(self) -> None:
        """Close the window if its time is over."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._aggregation.close_due_window)


def without_kafka(app: faust.App) -> None:
    """Keep Faust's own Kafka clients off: our reader is the only one.

    They would join a group of theirs, whose rebalances empty every channel, mailbox included, and which lets
    no task start before it has given up a killed member (60 s).
    """
    app.boot_strategy.enable_kafka = False

    @app.task  # type: ignore[untyped-decorator]  # faust has no types for it
    async def open_channels() -> None:
        app.flow_control.resume()  # what the first rebalance would do


def add_agents(app: faust.App, model_id: str, mailbox: ChannelT[Any], folding: Folding) -> None:
    """Register a lineage's agent and timer. What they raise crashes the app: the log has everything."""

    @app.agent(mailbox, name=f"fold_deltas {model_id}")
    async def fold_deltas(mails: faust.StreamT[Mail]) -> None:
        async for mail in mails:
            async with crashing(app):
                await folding.handle(mail)

    @app.timer(interval=TIMER_SECONDS)  # type: ignore[untyped-decorator]  # faust has no types for it
    async def close_due_windows() -> None:
        async with crashing(app):
            await folding.close_due_window()


@asynccontextmanager
async def crashing(app: faust.App) -> AsyncIterator[None]:
    """Crash the app on an error, where Faust would restart the agent and go on behind the lost record."""
    try:
        yield
    except Stopped:
        return
    except Exception as error:
        await app.crash(error)
        raise


@dataclass(frozen=True)
class Running:
    """A worker that gets a thread of its own."""

    name: str
    worker: Worker


def add_threads(app: faust.App, stopping: threading.Event, running: Sequence[Running]) -> None:
    """Run each worker for as long as the app lives; an error that ends one crashes the app."""
    for each in running:
        app.task(_task_of(each, stopping))


def _task_of(running: Running, stopping: threading.Event) -> Callable[[], Awaitable[None]]:
    async def task() -> None:
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=running.name)
        try:
            await asyncio.get_running_loop().run_in_executor(thread, running.worker.run)
        finally:
            stopping.set()
            running.worker.stop()

    task.__name__ = running.name
    return task


def add_pages(app: faust.App, checks: Callable[[], Mapping[str, str]]) -> None:
    """Serve /health while the process lives, and /ready, which is 503 unless every check says ok."""

    @app.page("/health")
    async def health(view: View, request: Request) -> Response:
        return view.json({"status": "healthy"})

    @app.page("/ready")
    async def ready(view: View, request: Request) -> Response:
        found = checks()
        good = all(state == "ok" for state in found.values())
        return view.json({"ready": good, "checks": dict(found)}, status=200 if good else 503)
