"""The whole loop in containers, as docker-compose.yml runs it, for the tests of the loop as processes."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from docker.models.containers import Container

from fedswipe.demo.lineage_watch import LineageWatch
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.addresses import S3Address
from fedswipe.local.container_id import ContainerId
from fedswipe.local.engine import Engine
from fedswipe.local.given import GivenKafka
from fedswipe.local.probes import s3_answers
from fedswipe.local.services import SERVICES, service_answers, service_url
from fedswipe.local.stack import Stack
from fedswipe.testing.compose import Compose, compose_project
from fedswipe.testing.running_loop import RunningLoop
from fedswipe.testing.until import until
from fedswipe.topology import Lineage

WELL_SECONDS = 90.0


class ComposeContainer:
    """One container of a project, to be killed and started again like a process."""

    def __init__(self, container: Container, engine: Engine) -> None:
        self._container = container
        self.id = ContainerId(engine.address, str(container.id), str(container.name))
        self.log = self.id.log

    @property
    def running(self) -> bool:
        """Tell whether it runs; it may not be healthy yet."""
        self._container.reload()
        return bool(self._container.status == "running")

    def wait_ready(self) -> None:
        """Return once its health check says that it is well."""
        until(lambda: self._health() == "healthy", f"{self._container.name} is healthy", WELL_SECONDS)

    def stop(self, grace: float = 10.0) -> int:
        """Send SIGTERM, after `grace` seconds SIGKILL; return the exit status (137: it had to be killed)."""
        self._container.stop(timeout=int(grace))
        return self._status()

    def kill(self) -> int:
        """Send SIGKILL; return the exit status."""
        self._container.kill()
        return self._status()

    def restart(self) -> None:
        """Start it again and return once it is well."""
        self._container.start()
        self.wait_ready()

    def _health(self) -> str:
        self._container.reload()
        return str(self._container.attrs["State"]["Health"]["Status"])

    def _status(self) -> int:
        return int(self._container.wait()["StatusCode"])


@dataclass(frozen=True)
class ComposeStore:
    """The project's MinIO."""

    s3: S3Address
    instance: ComposeContainer
    how: str = "compose"

    @property
    def address(self) -> str:
        """Return its URL."""
        return self.s3.url

    def wait_ready(self) -> None:
        """Return once it answers a signed request."""
        until(lambda: s3_answers(self.s3), "MinIO answers", WELL_SECONDS)


@contextmanager
def compose_loop(root: Path, lineage: Lineage, environ: Mapping[str, str]) -> Iterator[RunningLoop]:
    """Run it on free ports; `environ` is added to the services' own. Nothing is left of it afterwards."""
    with compose_project(root, environ) as compose:
        yield from _running(compose, lineage)


def _running(compose: Compose, lineage: Lineage) -> Iterator[RunningLoop]:
    addresses = compose.addresses
    engine = Engine.find(os.environ)
    store = ComposeStore(addresses.s3, ComposeContainer(compose.containers("minio")[0], engine))
    services = {name: ComposeContainer(compose.containers(name)[0], engine) for name in SERVICES}
    urls = {"ingest": service_url(compose.ports["ingest"])}
    urls["predictor"] = next(u for u in map(service_url, compose.predictor_ports) if service_answers(u))
    stack = Stack(GivenKafka(addresses.kafka, "compose"), store)
    with LineageWatch(KafkaSettings(addresses.kafka), lineage) as watch:
        watch.wait_for(1, WELL_SECONDS)
        yield RunningLoop(stack, lineage, services, urls, watch)
