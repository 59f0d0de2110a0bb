"""Who takes part: Kafka, MinIO and every service as processes, with a supervisor that starts them again."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fedswipe.cli.prepare import prepare, services
from fedswipe.demo.lineage_watch import LineageWatch
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.leash import Leash
from fedswipe.local.ports import FreePorts
from fedswipe.local.services import service_url, start_service
from fedswipe.local.stack import native_stack
from fedswipe.testing.chaos.actor import Actor, Supervisor
from fedswipe.testing.running_loop import RunningLoop
from fedswipe.testing.until import until
from fedswipe.topology import LINEAGES

REPEAT_SPAN = 1_000_000  # records; longer than any run: no swipe may count again
START_SECONDS = 120.0  # until every service is ready, on a busy machine
SETTINGS = {
    "FEDSWIPE_KAFKA_SESSION_TIMEOUT_MS": "6000",  # how long a dead or frozen member keeps its partitions
    "TRAINER_RANGE_SWIPES": "2048",  # few and large trainings: what is tested is the loop, not the learning
    "TRAINER_HELD_SWIPES": "8192",
    "TRAINER_BATCH_SIZE": "512",
    "TRAINER_LEARNING_RATE": "0.001",
    "TRAINER_REPEAT_SPAN": str(REPEAT_SPAN),
    "AGGREGATOR_DELTAS": "16",
    "AGGREGATOR_SECONDS": "8",
}


@dataclass(frozen=True)
class Part:
    """An instance by its own name, and the variables that only it has."""

    name: str
    service: str
    environ: Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """Where the parts run."""

    folder: Path
    ports: FreePorts
    leash: Leash


PARTS = (
    Part("ingest", "ingest", {}),
    Part("trainer", "trainer", {"TRAINER_INSTANCE": "first"}),
    Part("trainer-2", "trainer", {"TRAINER_INSTANCE": "second"}),
    Part("aggregator", "aggregator", {}),
    Part("aggregator-2", "aggregator", {}),
    Part("predictor", "predictor", {}),
)
SECOND = ("trainer-2", "aggregator-2")  # they join later, and leave


class Cast:
    """The running loop and its actors by name. All but the second instances are ready."""

    def __init__(self, loop: RunningLoop, actors: Mapping[str, Actor], folder: Path) -> None:
        self.loop = loop
        self.actors = actors
        self.folder = folder

    @property
    def ingests(self) -> list[str]:
        """The base URLs that swipes can be sent to."""
        return [actor.url for name, actor in self.actors.items() if name.startswith("ingest")]

    @property
    def models(self) -> int:
        """How many models the object store holds, by its folder: a model is there before its link."""
        return sum(1 for _ in self.folder.glob(f"data/minio/*/{self.loop.lineage.model_id}/models/*"))

    def wait_ready(self, seconds: float) -> None:
        """Wait until everyone but the second instances is ready."""
        lasting = [actor for name, actor in self.actors.items() if name not in SECOND]
        until(lambda: all(actor.ready for actor in lasting), "all services are ready", seconds)


@contextmanager
def running_cast(
    folder: Path, settings: Mapping[str, str], slow_clock: Mapping[str, str] | None
) -> Iterator[Cast]:
    """Run everything on free ports, with data and logs in `folder`; nothing is left when the context closes.

    `settings` are added to SETTINGS. With `slow_clock`, the variables that make a process's clock slow, a
    second ingest runs under them.
    """
    parts = PARTS if slow_clock is None else (*PARTS, Part("ingest-slow", "ingest", slow_clock))
    ports = FreePorts()
    with native_stack(folder, ports) as stack, Leash() as leash:
        prepare(stack.addresses)
        common = {**stack.addresses.environ(), **SETTINGS, **settings}
        place = Place(folder, ports, leash)
        actors = {part.name: _actor(part, common, place) for part in parts}
        for name in actors.keys() - set(SECOND):
            actors[name].start()
        kafka, line = KafkaSettings(stack.kafka), LINEAGES[0]
        with _supervised(list(actors.values())), LineageWatch(kafka, line) as watch:
            urls = {name: actor.url for name, actor in actors.items()}
            cast = Cast(RunningLoop(stack, line, {}, urls, watch), actors, folder)
            cast.wait_ready(START_SECONDS)
            watch.wait_for(1, START_SECONDS)
            yield cast


def _actor(part: Part, common: Mapping[str, str], place: Place) -> Actor:
    environ = {**common, **services()[part.service], **part.environ}
    port, log = place.ports.take(part.name), place.folder / "logs" / f"{part.name}.log"
    start = partial(start_service, part.service, port, environ, log, place.leash)
    return Actor(part.name, service_url(port), start)


@contextmanager
def _supervised(actors: list[Actor]) -> Iterator[None]:
    supervisor = Supervisor(actors)
    thread = threading.Thread(target=supervisor.run, name="supervisor", daemon=True)
    thread.start()
    try:
        yield
    finally:
        supervisor.stop()
        thread.join()
