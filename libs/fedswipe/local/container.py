"""One container: its readiness by a real request, stop, kill and restart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil

from fedswipe.local.container_id import ContainerId
from fedswipe.local.engine import Engine
from fedswipe.local.errors import EngineError, StartFailed
from fedswipe.local.instance import missed_answer
from fedswipe.local.ports import HOST
from fedswipe.local.process import TAIL_LINES

_ENDS_WITHIN = 10.0  # seconds after SIGKILL


@dataclass(frozen=True)
class Contents:
    """What to run: it listens on `port` inside, and the same port of the loopback interface leads there.

    So an address means the same on both sides. `data` is the folder inside that outlives the container.
    `ready` makes one real request and says if it was answered.
    """

    title: str
    image: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    port: int
    data: str
    ready: Callable[[], bool] = field(compare=False)
    ready_within: float = 60.0  # seconds

    @property
    def published(self) -> dict[str, tuple[str, int]]:
        """Return the port as the SDK takes it."""
        return {f"{self.port}/tcp": (HOST, self.port)}


class ManagedContainer:
    """A started container. `restart` runs it again, with the port and the data that it has."""

    def __init__(self, contents: Contents, identity: ContainerId) -> None:
        self.contents, self.id = contents, identity
        self.log = identity.log
        self._engine = Engine(identity.engine)

    @property
    def running(self) -> bool:
        """Say whether the container runs; it may not answer yet."""
        return self.id.status() is None

    def wait_ready(self) -> None:
        """Return once it answers; StartFailed when it ends before, or takes over `ready_within`."""
        contents = self.contents
        if missed := missed_answer(contents.ready, self.id.status, contents.ready_within):
            raise StartFailed(f"{contents.title} {missed}; the end of `{self.log}`:\n{self._tail()}")

    def stop(self, grace: float = 10.0) -> int:
        """Send SIGTERM, after `grace` seconds SIGKILL; return the exit status (-9: it had to be killed)."""
        self._engine.ask(lambda client: client.api.stop(self.id.id, timeout=ceil(grace)))
        return self._ended()

    def kill(self) -> int:
        """Send SIGKILL to all that runs in it; return the exit status."""
        self.id.kill_group()
        return self._ended()

    def restart(self) -> None:
        """Run it again, after `stop`, `kill` or its own end, and return once it answers."""
        if self.running:
            self.stop()
        self._engine.ask(lambda client: client.api.start(self.id.id))
        self.wait_ready()

    def _ended(self) -> int:
        self.id.wait_gone(_ENDS_WITHIN)
        status = self.id.status()
        if status is None:
            raise EngineError(f"{self.id.engine}: container {self.id.name} does not end")
        return status

    def _tail(self) -> str:
        log: bytes = self._engine.ask(lambda client: client.api.logs(self.id.id, tail=TAIL_LINES))
        return log.decode(errors="replace").rstrip()
