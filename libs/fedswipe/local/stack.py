"""Kafka and an object store for as long as a context is open: at given addresses, or else as processes."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fedswipe.local.addresses import Addresses, S3Address
from fedswipe.local.given import Given
from fedswipe.local.kafka import KafkaServer
from fedswipe.local.leash import Leash
from fedswipe.local.minio import MinioServer
from fedswipe.local.native import Native
from fedswipe.local.parts import PARTS, PartName, Place, S3Server, Server, Way
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
class NativeStack(Stack):
    """Both as child processes: fault tests stop, kill, restart `broker.process` and `store.process`."""

    broker: KafkaServer
    store: MinioServer


def choose(environ: Mapping[str, str], reporter: Reporter) -> dict[PartName, Way]:
    """Return each part's way: the first that offers it, and never another in its place."""
    ways: tuple[Way, ...] = (Given(environ), Native(environ, reporter))
    return {part: next(way for way in ways if way.offers(part)) for part in PARTS}


def fetch(chosen: Mapping[PartName, Way]) -> None:
    """Bring what is absent into the cache; every missing tool is named before anything is downloaded."""
    for way in dict.fromkeys(chosen.values()):
        way.fetch([part for part in chosen if chosen[part] is way])


@contextmanager
def open_stack(folder: Path, environ: Mapping[str, str], reporter: Reporter | None = None) -> Iterator[Stack]:
    """Open the stack that `environ` gives, or else run it with data and logs in `folder` on free ports.

    What was started here is gone when the context closes, or when this process is killed.
    """
    chosen = choose(environ, reporter or Collected())
    fetch(chosen)
    with Leash() as leash:
        place = Place(folder, FreePorts(), leash, secrets.token_urlsafe(24))
        stack = Stack(chosen["kafka"].kafka(place), chosen["s3"].s3(place))
        stack.wait_ready()
        yield stack


@contextmanager
def native_stack(
    folder: Path, ports: Ports | None = None, reporter: Reporter | None = None
) -> Iterator[NativeStack]:
    """Run Kafka and MinIO as `open_stack` does, whatever the environment says about addresses."""
    native = Native(os.environ, reporter or Collected())
    native.fetch(PARTS)
    with Leash() as leash:
        place = Place(folder, ports or FreePorts(), leash, secrets.token_urlsafe(24))
        stack = NativeStack(native.kafka(place), native.s3(place))
        stack.wait_ready()
        yield stack
