"""Kafka and an object store for tests: in containers of testcontainers or as processes, as STACK says."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from fedswipe.local.choose import decide
from fedswipe.local.container import Contents
from fedswipe.local.container_id import ContainerId
from fedswipe.local.engine import DOCKER_HOST, Engine
from fedswipe.local.parts import OwnWay, PartName, Place
from fedswipe.local.ports import Ports
from fedswipe.local.reporter import Collected
from fedswipe.local.stack import OwnStack, Stack, open_stack, run_stack


@contextmanager
def shared_stack(folder: Path) -> Iterator[Stack]:
    """Open the stack of FEDSWIPE_KAFKA and FEDSWIPE_S3; what they do not give is run in `folder`."""
    with open_stack(folder, os.environ, start=start_disposable) as stack:
        yield stack


@contextmanager
def own_stack(folder: Path, ports: Ports | None = None) -> Iterator[OwnStack]:
    """Run an empty Kafka and an empty object store, to be stopped, killed and started again."""
    with run_stack(own_way(), folder, ports) as stack:
        yield stack


def own_way() -> OwnWay:
    """Return the way that STACK chooses, whatever addresses are given; an EngineError is never a change."""
    return decide(os.environ).way(os.environ, Collected(), start_disposable)


def start_disposable(engine: Engine, part: PartName, contents: Contents, place: Place) -> ContainerId:
    """Start a container with testcontainers: beside the place's leash, its Ryuk removes it after a crash."""
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(
        contents.image,
        docker_client_kw={"environment": {**os.environ, DOCKER_HOST: engine.address}},
        env=dict(contents.env),
        labels=place.leash.hold_labelled(engine.address),
    )
    if contents.command:
        container.with_command(list(contents.command))
    container.ports.update(contents.published)  # type: ignore[arg-type] # its own methods publish everywhere
    with closing(container.get_docker_client().client):
        wrapped = container.start().get_wrapped_container()
        return ContainerId(engine.address, container.get_container_id(), str(wrapped.name))
