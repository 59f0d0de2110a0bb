"""The whole loop in containers, as docker-compose.yml runs it, for the tests of the loop as processes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from docker.models.containers import Container

from fedswipe.demo.lineage_watch import LineageWatch
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.container import Contents, ManagedContainer
from fedswipe.local.container_id import ContainerId
from fedswipe.local.containers import KafkaContainer, MinioContainer
from fedswipe.local.engine import Engine
from fedswipe.local.services import SERVICES, service_url
from fedswipe.local.stack import OwnStack
from fedswipe.testing.compose import Compose, compose_project
from fedswipe.testing.running_loop import RunningLoop
from fedswipe.topology import Lineage

WELL_SECONDS = 90.0


@contextmanager
def compose_loop(
    root: Path, lineage: Lineage, engine: Engine, environ: Mapping[str, str]
) -> Iterator[RunningLoop]:
    """Run it on free ports; `environ` is added to the services' own. Nothing is left of it afterwards."""
    with compose_project(root, environ) as compose:
        parts = {name: _instance(compose, engine, name) for name in ("kafka", "minio", *SERVICES)}
        addresses = compose.addresses
        stack = OwnStack(
            KafkaContainer(addresses.kafka, parts["kafka"]), MinioContainer(addresses.s3, parts["minio"])
        )
        urls = {name: service_url(compose.ports[name]) for name in ("ingest", "aggregator")}
        urls["predictor"] = service_url(compose.predictor_ports[0])
        with LineageWatch(KafkaSettings(addresses.kafka), lineage) as watch:
            watch.wait_for(1, WELL_SECONDS)
            yield RunningLoop(stack, lineage, {name: parts[name] for name in SERVICES}, urls, watch)


def _instance(compose: Compose, engine: Engine, name: str) -> ManagedContainer:
    (container,) = compose.containers(name)
    identity = ContainerId(engine.address, str(container.id), str(container.name))
    return ManagedContainer(_contents(name, container), identity)


def _contents(name: str, container: Container) -> Contents:
    """Return what ManagedContainer needs of it: whether its health check says that it is well."""

    def ready() -> bool:
        container.reload()
        return bool(container.attrs["State"]["Health"]["Status"] == "healthy")

    return Contents(
        name, image="", command=(), env={}, port=0, data="", ready=ready, ready_within=WELL_SECONDS
    )
