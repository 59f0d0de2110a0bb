"""One instance of a service: killed, frozen and started again by the bench, and after a crash by itself."""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fedswipe.local.process import ManagedProcess
from fedswipe.local.services import service_answers

LOOK_SECONDS = 0.1
LAST_LINES = 40
STOP_SECONDS = 10.0  # what a supervisor gives a service between SIGTERM and SIGKILL


@dataclass(frozen=True)
class Outage:
    """From a moment before the instance went down until it was ready again; monotonic seconds."""

    start: float
    end: float

    def touches(self, start: float, end: float) -> bool:
        """Tell whether the two spans have a moment in common."""
        return self.start <= end and start <= self.end


@dataclass(frozen=True)
class Crash:
    """The instance ended by itself, or badly when it was asked to stop; `log` is the end of its log."""

    name: str
    at: float
    status: int
    log: str


class Actor:
    """An instance that is down until `start`. Any thread may call; `look` is the supervisor's."""

    def __init__(self, name: str, url: str, start: Callable[[], ManagedProcess]) -> None:
        self.name = name
        self.url = url
        self.crashes: list[Crash] = []
        self._outages: list[Outage] = []
        self._start = start
        self._process: ManagedProcess | None = None
        self._down_since: float | None = time.monotonic()
        self._lock = threading.RLock()

    @property
    def outages(self) -> list[Outage]:
        """All outages; one that is not over ends at no time."""
        with self._lock:
            now = [] if self._down_since is None else [Outage(self._down_since, float("inf"))]
            return self._outages + now

    @property
    def ready(self) -> bool:
        """Tell whether it has been ready since it was started last."""
        return self._down_since is None

    def start(self) -> None:
        """Start it; `look` notices when it is ready."""
        with self._lock:
            self._process = self._start()

    def kill(self) -> None:
        """SIGKILL; it stays down until `start`."""
        with self._lock:
            self._goes_down().kill()

    def stop(self) -> None:
        """SIGTERM; it stays down until `start`. A bad end counts as a crash."""
        with self._lock:
            process = self._goes_down()
            if (status := process.stop(STOP_SECONDS)) != 0:
                self._note_crash(process, status)

    def freeze(self) -> bool:
        """SIGSTOP: it neither works nor ends, and its connections stay open. False if it is down."""
        with self._lock:
            if self._process is None or not self._process.running:
                return False
            os.killpg(self._process.id.pid, signal.SIGSTOP)
            return True

    def thaw(self) -> None:
        """SIGCONT."""
        with self._lock:
            assert self._process is not None, f"{self.name} is down"
            os.killpg(self._process.id.pid, signal.SIGCONT)

    def look(self) -> None:
        """Start it again when it has ended by itself; note when it has become ready."""
        with self._lock:
            process = self._process
            if process is None:
                return
            if (status := process.ended) is not None:
                self._goes_down()
                self._note_crash(process, status)
                self._process = self._start()
                return
        if not self.ready and service_answers(self.url):
            self._note_ready(process)

    def _note_ready(self, process: ManagedProcess) -> None:
        with self._lock:
            if self._process is process and self._down_since is not None:
                self._outages.append(Outage(self._down_since, time.monotonic()))
                self._down_since = None

    def _goes_down(self) -> ManagedProcess:
        process, self._process = self._process, None
        assert process is not None, f"{self.name} is down already"
        self._down_since = self._down_since or time.monotonic()
        return process

    def _note_crash(self, process: ManagedProcess, status: int) -> None:
        self.crashes.append(Crash(self.name, time.monotonic(), status, last_words(process.program.log)))


def last_words(log: Path) -> str:
    """Return the last lines of a log, those of the Kafka client's own threads left out."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if not line.startswith("%")]
    return "\n".join(lines[-LAST_LINES:])


class Supervisor:
    """Looks after the actors in a thread of its own until `stop`."""

    def __init__(self, actors: list[Actor]) -> None:
        self._actors = actors
        self._stopping = threading.Event()

    def run(self) -> None:
        """Look at every actor again and again."""
        while not self._stopping.wait(LOOK_SECONDS):
            for actor in self._actors:
                actor.look()

    def stop(self) -> None:
        """End `run`."""
        self._stopping.set()
