"""How a service lives: workers in threads, HTTP beside them, one way to stop, one way to crash."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from socket import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from fedswipe.worker import Worker

HTTP_STOP_SECONDS = 3  # for requests under way; together within the 10 s that a supervisor gives
WORKERS_STOP_SECONDS = 6.0
log = logging.getLogger(__name__)


class WorkerThread(threading.Thread):
    """Runs a worker; keeps the error that ended it and tells the server at once."""

    def __init__(self, worker: Worker, server: uvicorn.Server) -> None:
        super().__init__(name=type(worker).__name__, daemon=True)
        self.error: BaseException | None = None
        self._worker = worker
        self._server = server

    def run(self) -> None:
        """Run the worker; however it ends, the service ends."""
        try:
            self._worker.run()
        except BaseException as error:  # noqa: BLE001  (kept, and raised in the main thread)
            self.error = error
        finally:
            self._server.should_exit = True


class _Server(uvicorn.Server):
    """Says when it begins to stop, so that answers without an end can end."""

    def __init__(self, config: uvicorn.Config, closing: Callable[[], None]) -> None:
        super().__init__(config)
        self._closing = closing

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self._closing()
        await super().shutdown(sockets)


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    workers: Sequence[Worker],
    closing: Callable[[], None] = lambda: None,
) -> None:
    """Serve HTTP and run the workers until SIGTERM, SIGINT or the first error.

    `closing` is called in the event loop when the server begins to stop: answers that have no end must end.

    Returns after a clean stop; raises the error of a worker that failed, so that the process crashes and
    is restarted. Raises TimeoutError when workers do not stop in WORKERS_STOP_SECONDS.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _noted)  # uvicorn raises a signal again after it has stopped
    config = uvicorn.Config(
        app, host, port, timeout_graceful_shutdown=HTTP_STOP_SECONDS, log_config=None, access_log=False
    )
    server = _Server(config, closing)
    threads = [WorkerThread(worker, server) for worker in workers]
    for thread in threads:
        thread.start()
    server.run()
    for worker in workers:
        worker.stop()
    deadline = time.monotonic() + WORKERS_STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    _raise_first([thread.error for thread in threads])  # a failure may be why another one cannot stop
    _raise_first([_late(thread) for thread in threads])
    log.info("stopped")


def _raise_first(errors: Iterable[BaseException | None]) -> None:
    for error in errors:
        if error is not None:
            raise error


def _late(thread: threading.Thread) -> TimeoutError | None:
    late = f"{thread.name}: did not stop within {WORKERS_STOP_SECONDS} s"
    return TimeoutError(late) if thread.is_alive() else None


def _noted(number: int, frame: FrameType | None) -> None:
    """The server has seen this signal; nothing is left to do."""
