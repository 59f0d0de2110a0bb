"""What `fedswipe up` left running, in one file, so that the next `up`, `status` and `down` find it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fedswipe.local.addresses import Addresses, S3Address
from fedswipe.local.container_id import ContainerId
from fedswipe.local.errors import StackError
from fedswipe.local.instance import Identity
from fedswipe.local.pids import ProcessId
from fedswipe.local.probes import kafka_answers, s3_answers
from fedswipe.local.services import service_answers

FILE = "state.json"
LOCK = "lock"  # held by whoever changes what runs


@dataclass(frozen=True)
class Running:
    """One running part: Kafka, the object store (`s3`) or a service.

    If it is ours, it is a `process` or a `container`, and `log` is a file or the command that prints it.
    """

    name: str
    how: str
    address: str
    process: ProcessId | None = None
    log: str | None = None
    container: ContainerId | None = None

    @property
    def id(self) -> Identity | None:
        """Return who it is to the system, if it is ours."""
        return self.process or self.container

    @property
    def port(self) -> int:
        """Return the port of a part that listens on this machine."""
        return int(self.address.rpartition(":")[2])


@dataclass(frozen=True)
class State:
    """The running parts, and the object store's URL and keys; without parts: nothing is up.

    `kept` are containers that are gone, and whose volumes still hold their data.
    """

    s3: S3Address | None = None
    running: tuple[Running, ...] = ()
    kept: tuple[ContainerId, ...] = ()

    @property
    def addresses(self) -> Addresses:
        """Return where Kafka and the object store are; StackError when nothing is up."""
        kafka = next((part.address for part in self.running if part.name == "kafka"), None)
        if kafka is None or self.s3 is None:
            raise StackError("no stack is up: `fedswipe up` starts one")
        return Addresses(kafka, self.s3)

    @property
    def with_volumes(self) -> tuple[ContainerId, ...]:
        """Return the containers, there or gone, whose volumes hold data of this stack."""
        return (*(part.container for part in self.running if part.container), *self.kept)

    def answers(self, part: Running) -> bool:
        """Say whether a part is the one that was started and answers a real request now."""
        if part.id and not part.id.alive():
            return False
        match part.name:
            case "kafka":
                return kafka_answers(part.address)
            case "s3":
                return self.s3 is not None and s3_answers(self.s3)
            case _:
                return service_answers(part.address)

    def save(self, folder: Path) -> None:
        """Write the file whole or not at all, readable by its owner alone (it holds a secret key)."""
        fresh = folder / f"{FILE}.new"
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(asdict(self), indent=2))
        fresh.replace(folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> "State":
        """Read the file; without one nothing is up. StackError when it is not ours."""
        try:
            content = json.loads((folder / FILE).read_text())
            return cls(
                S3Address(**content["s3"]) if content["s3"] else None,
                tuple(_running(part) for part in content["running"]),
                tuple(ContainerId(**container) for container in content["kept"]),
            )
        except FileNotFoundError:
            return cls()
        except (ValueError, KeyError, TypeError) as error:
            raise StackError(f"{folder / FILE} is not a state file ({error}): delete {folder}") from error


def default_folder(environ: Mapping[str, str]) -> Path:
    """Return where `up` keeps data, logs and state (XDG base directory specification)."""
    return Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "fedswipe"


def _running(content: dict[str, Any]) -> Running:
    process, container = content.pop("process"), content.pop("container")
    return Running(
        **content,
        process=ProcessId(**process) if process else None,
        container=ContainerId(**container) if container else None,
    )
