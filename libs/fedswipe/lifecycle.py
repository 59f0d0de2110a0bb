"""How a service lives: workers in threads, HTTP beside them, one way to stop, one way to crash."""

import logging
import threading
from collections.abc import Sequence
from typing import Protocol

import uvicorn
from starlette.types import ASGIApp

STOP_SECONDS = 8.0  # within the 10 s that a supervisor gives after SIGTERM
log = logging.getLogger(__name__)


class Worker(Protocol):
    """Something that runs until it is stopped; an error it raises crashes the service."""

    def run(self) -> None:
        """Work until `stop`."""
        ...

    def stop(self) -> None:
        """Make `run` finish what it holds and return; callable from any thread."""
        ...


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


def serve(app: ASGIApp, host: str, port: int, workers: Sequence[Worker]) -> None:
    """Serve HTTP and run the workers until SIGTERM, SIGINT or the first error.

    Returns after a clean stop; raises the error of a worker that failed, so that the process crashes
    and is restarted. Raises TimeoutError when a worker does not stop in STOP_SECONDS.
    """
    config = uvicorn.Config(app, host, port, log_config=None, access_log=False, timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    threads = [WorkerThread(worker, server) for worker in workers]
    for thread in threads:
        thread.start()
    server.run()
    for worker in workers:
        worker.stop()
    for thread in threads:
        thread.join(STOP_SECONDS)
    for thread in threads:
        if thread.error is not None:
            raise thread.error
        if thread.is_alive():
            raise TimeoutError(f"{thread.name}: did not stop within {STOP_SECONDS} s")
    log.info("stopped")
