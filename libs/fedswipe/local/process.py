"""One child process: its log in a file, its readiness by a real request, stop, kill and restart."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fedswipe.local.errors import StartFailed
from fedswipe.local.leash import Leash
from fedswipe.local.pids import POLL_SECONDS, ProcessId

TAIL_LINES = 20


@dataclass(frozen=True)
class Program:
    """What to run. `ready` makes one real request and says if it was answered; `env` is added to ours."""

    name: str
    command: tuple[str, ...]
    log: Path
    ready: Callable[[], bool]
    env: Mapping[str, str] = field(default_factory=dict)
    ready_within: float = 60.0  # seconds


class ManagedProcess:
    """A running `Program`, held by a leash. `restart` runs it again with the same command and environment."""

    def __init__(self, program: Program, leash: Leash) -> None:
        self.program = program
        self._leash = leash
        self._child, self.id = self._spawn()

    @property
    def running(self) -> bool:
        """Say whether the process is there; it may not answer yet."""
        return self.ended is None

    @property
    def ended(self) -> int | None:
        """Return the exit status (-9: by SIGKILL), None while the process is there."""
        return self._child.poll()

    def wait_ready(self) -> None:
        """Return once the program answers; StartFailed when it ends before, or takes over `ready_within`."""
        deadline = time.monotonic() + self.program.ready_within
        while not self.program.ready():
            if not self.running:
                raise self._failed(f"ended with status {self._child.returncode} before it answered")
            if time.monotonic() >= deadline:
                raise self._failed(f"did not answer within {self.program.ready_within:g} s")
            time.sleep(POLL_SECONDS)

    def stop(self, grace: float = 10.0) -> int:
        """Send SIGTERM, after `grace` seconds SIGKILL; return the exit status (-9: it had to be killed)."""
        self._child.terminate()
        try:
            return self._child.wait(grace)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """Send SIGKILL to the process and its group; return the exit status."""
        if self.running:
            os.killpg(self._child.pid, signal.SIGKILL)
        return self._child.wait()

    def restart(self) -> None:
        """Run the program again, after `stop`, `kill` or its own end, and return once it answers."""
        if self.running:
            self.stop()
        self._child, self.id = self._spawn()
        self.wait_ready()

    def _spawn(self) -> tuple[subprocess.Popen[str], ProcessId]:
        program = self.program
        return self._leash.spawn(program.command, env={**os.environ, **program.env}, log=program.log)

    def _failed(self, what: str) -> StartFailed:
        return StartFailed(
            f"{self.program.name} {what}; the end of {self.program.log}:\n{tail(self.program.log)}"
        )


def tail(log: Path) -> str:
    """Return the last lines of a log file."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
