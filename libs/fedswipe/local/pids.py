"""Processes by pid and start time: a pid that the system has given to another program is never touched."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fedswipe.local.poll import poll


@dataclass(frozen=True)
class ProcessId:
    """One process of this machine. `started` is opaque: with the same pid it means the same process."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        """Identify the running process `pid`; ProcessLookupError when there is none (a zombie is none)."""
        return cls(pid, _started_on_linux(pid) if sys.platform == "linux" else _started(pid))

    def alive(self) -> bool:
        """Say whether this very process still runs."""
        try:
            return ProcessId.of(self.pid) == self
        except ProcessLookupError:
            return False

    def terminate(self) -> None:
        """Ask the process to end (SIGTERM); nothing happens when it is gone."""
        if self.alive():
            os.kill(self.pid, signal.SIGTERM)

    def kill_group(self) -> None:
        """End the process and what it started in its group (SIGKILL); nothing happens when it is gone."""
        if self.alive():
            os.killpg(self.pid, signal.SIGKILL)

    def wait_gone(self, seconds: float) -> bool:
        """Wait for the end of the process, at most `seconds`; say whether it is gone."""
        return poll(lambda: not self.alive(), seconds)


def _started_on_linux(pid: int) -> str:
    """Return boot id and start in clock ticks since boot (proc(5), field 22): no wall clock can move it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError) as error:
        raise ProcessLookupError(pid) from error
    fields = stat.rpartition(")")[2].split()  # the program's name may hold spaces and brackets
    if fields[0] in "ZX":
        raise ProcessLookupError(pid)
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}:{fields[19]}"


def _started(pid: int) -> str:
    """Return the start as ps(1) prints it, for systems without /proc."""
    line = subprocess.run(  # noqa: S603 - a number is the only argument that varies
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607 - ps is where the system keeps it
        capture_output=True,
        text=True,
        check=False,  # an unknown pid is status 1 and no output
    ).stdout.strip()
    state, _, started = line.partition(" ")
    if not started or state.startswith("Z"):
        raise ProcessLookupError(pid)
    return started.strip()
