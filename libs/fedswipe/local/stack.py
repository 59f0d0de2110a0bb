"""Kafka and an object store for as long as a context is open: at given addresses, or else as native processes."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fedswipe.local.addresses import Addresses, S3Address
from fedswipe.local.artifacts import KAFKA, MINIO
from fedswipe.local.cache import default_cache, fetch
from fedswipe.local.kafka import KafkaServer
from fedswipe.local.leash import Leash
from fedswipe.local.minio import MinioServer
from fedswipe.local.ports import FreePorts, Ports
from fedswipe.local.reporter import Collected, Reporter
from fedswipe.local.tools import JAVA, path_of


@dataclass(frozen=True)
class NativeStack:
    """Both servers as child processes; fault tests stop, kill and restart `broker.process` and `store.process`."""

    broker: KafkaServer
    store: MinioServer

    @property
    def kafka(self) -> str:
        """Return the bootstrap server."""
        return self.broker.address

    @property
    def s3(self) -> S3Address:
        """Return the object store's URL and keys."""
        return self.store.s3

    @property
    def addresses(self) -> Addresses:
        """Return both addresses as one value."""
        return Addresses(self.kafka, self.s3)


@contextmanager
def native_stack(
    folder: Path, ports: Ports | None = None, reporter: Reporter | None = None
) -> Iterator[NativeStack]:
    """Run Kafka and MinIO with data and logs in `folder`, on free ports unless told otherwise.

    Both have answered when the context opens, both are gone when it closes or when this process is killed.
    """
    ports, reporter = ports or FreePorts(), reporter or Collected()
    java = path_of(JAVA)
    kafka, minio = fetch([KAFKA, MINIO], default_cache(os.environ), reporter)
    with Leash() as leash, ExitStack() as running:
        broker = KafkaServer(java, kafka / "jars", folder, ports, leash)
        running.callback(broker.process.kill)
        store = MinioServer(minio / "minio", folder, secrets.token_urlsafe(24), ports, leash)
        running.callback(store.process.kill)
        store.process.wait_ready()
        broker.process.wait_ready()
        yield NativeStack(broker, store)
