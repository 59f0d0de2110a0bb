"""One child process: its log in a file, its readiness by a real request, stop, kill and restart."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fedswipe.local.errors import StartFailed
from fedswipe.local.instance import missed_answer
from fedswipe.local.leash import Leash
from fedswipe.local.pids import ProcessId

TAIL_LINES = 20
LAST_WORDS_SECONDS = 1.0


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
        self.log = str(program.log)
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
        program = self.program
        if missed := missed_answer(program.ready, self._child.poll, program.ready_within):
            raise StartFailed(f"{program.name} {missed}; the end of {self.log}:\n{tail(program.log)}")

    def stop(self, grace: float = 10.0) -> int:
        """Send SIGTERM, after `grace` seconds SIGKILL; return the exit status (-9: it had to be killed).

        What has to be killed is first asked to write where its threads are: services and Java do at SIGQUIT.
        """
        self._child.terminate()
        try:
            return self._child.wait(grace)
        except subprocess.TimeoutExpired:
            self._child.send_signal(signal.SIGQUIT)
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(LAST_WORDS_SECONDS)
        self.kill()
        return -signal.SIGKILL

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


def tail(log: Path) -> str:
    """Return the last lines of a log file."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
