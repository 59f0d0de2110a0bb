"""One container of an engine, as `up` records it: what pids.py is for processes."""

import signal
from dataclasses import dataclass
from typing import Any

from fedswipe.local.engine import CONFLICT, GONE, Engine
from fedswipe.local.errors import EngineError
from fedswipe.local.poll import poll

_REMOVAL = 30.0  # seconds, at most


@dataclass(frozen=True)
class ContainerId:
    """A container of the engine at an address. The volume with its data has the container's name.

    EngineError when the engine does not answer.
    """

    engine: str
    id: str
    name: str

    @property
    def short(self) -> str:
        """Return the id as `docker ps` shows it."""
        return self.id[:12]

    @property
    def log(self) -> str:
        """Return the command that prints its log."""
        return f"docker logs {self.name}"

    def alive(self) -> bool:
        """Say whether it runs; without an engine nothing does."""
        try:
            return self.status() is None
        except EngineError:
            return False

    def status(self) -> int | None:
        """Return its exit status as a process has it (-9: it was killed, or removed); None while it runs."""
        found = self._inspect()
        if found is None:
            return -signal.SIGKILL
        if found["State"]["Running"]:
            return None
        code = int(found["State"]["ExitCode"])
        return -signal.SIGKILL if code == 128 + signal.SIGKILL else code

    def terminate(self) -> None:
        """Ask it to end (SIGTERM); nothing happens when it has ended."""
        self._signal("SIGTERM")

    def kill_group(self) -> None:
        """End all that runs in it (SIGKILL); nothing happens when it has ended."""
        self._signal("SIGKILL")

    def wait_gone(self, seconds: float) -> bool:
        """Wait for its end, at most `seconds`; say whether it has ended."""
        return poll(lambda: self.status() is not None, seconds)

    def remove(self) -> None:
        """Remove the container, killed if it runs; its data stay in the volume."""
        try:
            self._engine.remove_container(self.id)
        except EngineError as error:
            raise EngineError(f"container {self.name} cannot be removed: {error}") from error
        if not poll(lambda: self._inspect() is None, _REMOVAL):
            raise EngineError(f"container {self.name} is still there: `docker rm -f {self.name}`")

    def remove_data(self) -> None:
        """Remove the volume; nothing happens when there is none."""
        self._engine.remove_volume(self.name)

    @property
    def _engine(self) -> Engine:
        return Engine(self.engine)

    def _signal(self, name: str) -> None:
        """Send a signal; a conflict is a container that does not run."""
        self._engine.ask(lambda client: client.api.kill(self.id, name), unless=[GONE, CONFLICT])

    def _inspect(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._engine.ask(
            lambda client: client.api.inspect_container(self.id), unless=[GONE]
        )
        return found
