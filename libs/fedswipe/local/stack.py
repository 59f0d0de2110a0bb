"""Kafka and an object store for as long as a context is open: at given addresses, or else started for it."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fedswipe.local.addresses import Addresses, S3Address
from fedswipe.local.choose import choose
from fedswipe.local.containers import Start, start_with_volume
from fedswipe.local.leash import Leash
from fedswipe.local.native import Native
from fedswipe.local.parts import PARTS, OwnS3Server, OwnServer, OwnWay, PartName, Place, S3Server, Server, Way
from fedswipe.local.ports import FreePorts, Ports
from fedswipe.local.reporter import Collected, Reporter


@dataclass(frozen=True)
class Stack:
    """Both servers, ready."""

    broker: Server
    store: S3Server

    @property
    def kafka(self) -> str:
        """Return the bootstrap servers."""
        return self.broker.address

    @property
    def s3(self) -> S3Address:
        """Return the object store's URL and keys."""
        return self.store.s3

    @property
    def addresses(self) -> Addresses:
        """Return both as one value."""
        return Addresses(self.kafka, self.s3)

    def wait_ready(self) -> None:
        """Return once both answer; StartFailed or Unreachable when one does not."""
        self.store.wait_ready()
        self.broker.wait_ready()

    def __str__(self) -> str:
        return f"Kafka: {self.broker.how}, {self.kafka}; S3: {self.store.how}, {self.s3.url}"


@dataclass(frozen=True)
class OwnStack(Stack):
    """Both started here: fault tests stop, kill, restart `broker.instance` and `store.instance`."""

    broker: OwnServer
    store: OwnS3Server


def fetch(chosen: Mapping[PartName, Way]) -> None:
    """Bring what is absent into the cache; every missing tool is named before anything is downloaded."""
    for way in dict.fromkeys(chosen.values()):
        way.fetch([part for part in chosen if chosen[part] is way])


@contextmanager
def open_stack(
    folder: Path,
    environ: Mapping[str, str],
    reporter: Reporter | None = None,
    start: Start = start_with_volume,
) -> Iterator[Stack]:
    """Open the stack that `environ` gives, or else run it, with its data and logs, on free ports.

    `folder` holds data and logs of processes; `start` is how a container is begun. What was started here is
    gone when the context closes, or when this process is killed.
    """
    chosen = choose(environ, reporter or Collected(), start=start)
    fetch(chosen)
    with Leash() as leash:
        place = _place(folder, leash)
        stack = Stack(chosen["kafka"].kafka(place), chosen["s3"].s3(place))
        stack.wait_ready()
        yield stack


@contextmanager
def run_stack(way: OwnWay, folder: Path, ports: Ports | None = None) -> Iterator[OwnStack]:
    """Run Kafka and the object store in this way as `open_stack` does."""
    way.fetch(PARTS)
    with Leash() as leash:
        place = _place(folder, leash, ports)
        stack = OwnStack(way.kafka(place), way.s3(place))
        stack.wait_ready()
        yield stack


@contextmanager
def native_stack(
    folder: Path, ports: Ports | None = None, reporter: Reporter | None = None
) -> Iterator[OwnStack]:
    """Run both as processes, whatever the environment says about addresses and containers."""
    with run_stack(Native(os.environ, reporter or Collected()), folder, ports) as stack:
        yield stack


def _place(folder: Path, leash: Leash, ports: Ports | None = None) -> Place:
    return Place(folder, ports or FreePorts(), leash, secrets.token_urlsafe(24))
