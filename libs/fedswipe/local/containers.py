"""Parts as containers of an engine: Docker, or another that speaks its interface."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fedswipe.local.addresses import S3Address
from fedswipe.local.container import Contents, ManagedContainer
from fedswipe.local.container_id import ContainerId
from fedswipe.local.engine import Engine
from fedswipe.local.errors import EngineError
from fedswipe.local.images import IMAGES, kafka_contents, minio_contents
from fedswipe.local.minio import ACCESS_KEY
from fedswipe.local.parts import PartName, Place
from fedswipe.local.ports import HOST
from fedswipe.local.reporter import Reporter

STACK_LABEL = "fedswipe.stack"  # its value is the stack's folder
_PULL_SECONDS = 60.0  # for one image, over a usual line

Start = Callable[[Engine, PartName, Contents, Place], ContainerId]


@dataclass(frozen=True)
class KafkaContainer:
    """A starting or running broker; `instance` stops, kills and restarts it on the same port and data."""

    address: str
    instance: ManagedContainer
    how: str = "container"

    def wait_ready(self) -> None:
        """Return once the broker takes records; StartFailed when it ends before, or takes too long."""
        self.instance.wait_ready()


@dataclass(frozen=True)
class MinioContainer:
    """A starting or running MinIO; `instance` stops, kills and restarts it on the same port and data."""

    s3: S3Address
    instance: ManagedContainer
    how: str = "container"

    @property
    def address(self) -> str:
        """Return its URL."""
        return self.s3.url

    def wait_ready(self) -> None:
        """Return once it answers a signed request; StartFailed when it ends before, or takes too long."""
        self.instance.wait_ready()


def start_with_volume(engine: Engine, part: PartName, contents: Contents, place: Place) -> ContainerId:
    """Start a container on the place's leash, its data in a volume that the next one of this folder finds."""
    name = name_of(part, place.folder)
    labels = {STACK_LABEL: str(place.folder.resolve()), **place.leash.hold_labelled(engine.address)}
    ContainerId(engine.address, name, name).remove()  # of an `up` that died together with its watcher
    # A volume that is there keeps its data and its labels.
    engine.ask(lambda client: client.volumes.create(name, labels=labels))
    made = engine.ask(
        lambda client: client.containers.create(
            contents.image,
            list(contents.command) or None,
            name=name,
            environment=dict(contents.env),
            labels=labels,
            ports=contents.published,
            volumes={name: {"bind": contents.data, "mode": "rw"}},
        )
    )
    engine.ask(lambda client: client.api.start(made.id))
    return ContainerId(engine.address, made.id, name)


def name_of(part: PartName, folder: Path) -> str:
    """Return the name of a part's container and volume: the same for the same folder."""
    return f"fedswipe-{part}-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:6]}"


class Containers:
    """The way of a container engine; `start` is how one container is begun."""

    def __init__(self, engine: Engine, reporter: Reporter, start: Start = start_with_volume) -> None:
        self._engine, self._reporter, self._start = engine, reporter, start

    def offers(self, part: PartName) -> bool:
        """Offer everything; `fetch` pulls what is absent."""
        return True

    def fetch(self, parts: Sequence[PartName]) -> None:
        """Pull the images that are absent; EngineError names the one that cannot be had."""
        absent = [IMAGES[part] for part in parts if not self._engine.has(IMAGES[part])]
        if absent:
            self._reporter.say(f"First set-up, once per engine: {' and '.join(absent)} are pulled.")
        for image in absent:
            with self._reporter.step(f"Image {image}", _PULL_SECONDS):
                self._pull(image)

    def kafka(self, place: Place) -> KafkaContainer:
        """Start the broker."""
        port = place.ports.take("kafka")
        instance = self._run("kafka", kafka_contents(port), place)
        return KafkaContainer(f"{HOST}:{port}", instance)

    def s3(self, place: Place) -> MinioContainer:
        """Start MinIO."""
        port = place.ports.take("s3")
        s3 = S3Address(f"http://{HOST}:{port}", ACCESS_KEY, place.secret_key)
        return MinioContainer(s3, self._run("s3", minio_contents(s3, port), place))

    def _run(self, part: PartName, contents: Contents, place: Place) -> ManagedContainer:
        return ManagedContainer(contents, self._start(self._engine, part, contents, place))

    def _pull(self, image: str) -> None:
        try:
            self._engine.pull(image)
        except EngineError as error:
            raise EngineError(
                f"image {image} is absent and cannot be pulled ({error}). Bring it to the engine, or set "
                "STACK=native to do without containers"
            ) from error
