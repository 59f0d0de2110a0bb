"""What Kafka and the object store look like to the rest, and what a way to come by them must do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from fedswipe.local.addresses import S3Address
from fedswipe.local.instance import Instance
from fedswipe.local.leash import Leash
from fedswipe.local.ports import Ports

PartName = Literal["kafka", "s3"]
PARTS: tuple[PartName, ...] = ("kafka", "s3")


class Server(Protocol):
    """Kafka, however it came to be: `how` in a word, `address` for clients, `instance` if it is ours."""

    @property
    def how(self) -> str: ...  # noqa: D102 - said above
    @property
    def address(self) -> str: ...  # noqa: D102 - said above
    @property
    def instance(self) -> Instance | None: ...  # noqa: D102 - said above

    def wait_ready(self) -> None:
        """Return once it answers a real request; StartFailed or Unreachable when it does not."""
        ...


class S3Server(Server, Protocol):
    """An object store: a server with keys."""

    @property
    def s3(self) -> S3Address: ...  # noqa: D102 - URL and keys


class OwnServer(Server, Protocol):
    """A server that we started, so that it can be stopped, killed and started again."""

    @property
    def instance(self) -> Instance: ...  # noqa: D102 - as said


class OwnS3Server(OwnServer, S3Server, Protocol):
    """An object store that we started."""


@dataclass(frozen=True)
class Place:
    """What a started part is given: a folder for data and logs, ports, a leash, the secret of its S3 key."""

    folder: Path
    ports: Ports
    leash: Leash
    secret_key: str


class Way(Protocol):
    """One way to come by the parts: given addresses, containers of an engine, native processes."""

    def offers(self, part: PartName) -> bool:
        """Say whether this way is there for `part`."""
        ...

    def fetch(self, parts: Sequence[PartName]) -> None:
        """Check what the machine lacks, then download; all of it before anything is started."""
        ...

    def kafka(self, place: Place) -> Server:
        """Start (or find) Kafka without waiting for it."""
        ...

    def s3(self, place: Place) -> S3Server:
        """Start (or find) the object store without waiting for it."""
        ...


class OwnWay(Way, Protocol):
    """A way that starts the parts."""

    def kafka(self, place: Place) -> OwnServer:
        """Start Kafka without waiting for it."""
        ...

    def s3(self, place: Place) -> OwnS3Server:
        """Start the object store without waiting for it."""
        ...
