"""No orphans: what is on a leash ends with the process that started it, even if that one is killed -9.

A watcher process holds the reading end of a pipe (see watcher.py). PR_SET_PDEATHSIG would not do: it follows
the thread that forked, cannot be taken back once `fedswipe up` has succeeded, and exists on Linux alone.
"""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from fedswipe.local.pids import ProcessId

# The child waits for one line before it becomes the program: it is on the leash before it does anything,
# and a parent that dies in between closes the pipe, which ends the child.
_GATE = 'read -r go || exit 125; exec "$@" </dev/null'


LABEL = "fedswipe.leash"  # of containers and volumes; its value is the leash's own


class Leash:
    """Processes and containers that must not outlive us. Leaving the context ends what is still held."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        try:
            self._watcher = subprocess.Popen(
                [sys.executable, "-P", "-m", "fedswipe.local.watcher"],
                stdin=reading,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches the owner alone, and the watcher outlives it
            )
        finally:
            os.close(reading)
        self._pipe = os.fdopen(writing, "w", buffering=1)
        self._children: list[subprocess.Popen[str]] = []
        self._value = secrets.token_hex(8)

    def spawn(
        self, command: Sequence[str], *, env: Mapping[str, str], log: Path
    ) -> tuple[subprocess.Popen[str], ProcessId]:
        """Start `command` in a session of its own, its output appended to `log`, held by this leash."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            child = subprocess.Popen(  # noqa: S603 - our own programs with arguments of our own
                ["/bin/sh", "-c", _GATE, "gate", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                text=True,
                start_new_session=True,
            )
        self._children.append(child)
        identity = ProcessId.of(child.pid)
        self._pipe.write(f"hold {identity.pid} {identity.started}\n")
        gate = child.stdin
        assert gate is not None  # noqa: S101 - stdin=PIPE
        with gate:
            gate.write("go\n")
        return child, identity

    def hold_labelled(self, engine: str) -> dict[str, str]:
        """Return a label: containers and volumes that an engine makes with it are held by this leash.

        They are held from their beginning on, so nobody need know their ids. A volume that was there before
        has no such label and stays.
        """
        self._pipe.write(f"label {LABEL}={self._value} {engine}\n")
        return {LABEL: self._value}

    def release(self) -> None:
        """Let everything go on without this process; the leash holds nothing any more."""
        self._pipe.write("release\n")
        for child in self._children:
            child.returncode = child.poll() or 0  # otherwise Popen warns of those that still run
        self._children.clear()

    def __enter__(self) -> "Leash":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in self._children:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        if kind is None:
            self._pipe.write("leave\n")
        self._pipe.close()
        self._watcher.wait()
