"""From the last delta of a window to its global model: seconds from its acknowledgement to the link.

Starts Kafka, MinIO and an aggregator, sends windows of small deltas one after another; prints a JSON line.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from fedswipe.chain import Link
from fedswipe.cli.prepare import prepare
from fedswipe.events import ClientId, DeltaCodec, DeltaComputed, DeltaId, OffsetRange, Version
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import encode_delta
from fedswipe.local.addresses import Addresses
from fedswipe.local.ports import FreePorts
from fedswipe.local.stack import native_stack
from fedswipe.swipe.layout import load_layout
from fedswipe.topology import LINEAGES, WEIGHT_DELTAS

LINE = LINEAGES[0]
PATIENCE = 120.0  # seconds


class Heads:
    """When each version arrived."""

    def __init__(self) -> None:
        self.arrived: dict[int, tuple[Link, float]] = {}
        self._news = threading.Condition()

    def add(self, link: Link) -> None:
        """Note a head; called by the chain reader."""
        with self._news:
            self.arrived[link.version] = (link, time.perf_counter())
            self._news.notify_all()

    def wait(self, version: int) -> tuple[Link, float]:
        """Return a version's link and when it arrived."""
        with self._news:
            assert self._news.wait_for(lambda: version in self.arrived, PATIENCE), f"no version {version}"
            return self.arrived[version]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=20)
    parser.add_argument("--deltas", type=int, default=10, help="deltas a window")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, native_stack(Path(folder)) as stack:
        prepare(stack.addresses)
        settings, heads = KafkaSettings(stack.kafka), Heads()
        with (
            aggregator(stack.addresses, options.deltas, Path(folder)),
            following(settings, heads),
            EventProducer(settings) as producer,
        ):
            seconds = [window(producer, heads, n, options.deltas) for n in range(1, options.windows + 1)]
    figures = {"windows": options.windows, "deltas": options.deltas}
    figures |= {"median_s": round(statistics.median(seconds), 3), "worst_s": round(max(seconds), 3)}
    print(json.dumps(figures | {"seconds": [round(one, 3) for one in seconds]}))


def window(producer: EventProducer, heads: Heads, version: int, deltas: int) -> float:
    """Send a window on top of this version; return the seconds until the next one."""
    head, _ = heads.wait(version)
    payload = encode_delta(
        np.full(Architecture(load_layout(LINE.layout)).size, 0.001, np.float32), DeltaCodec.FP16
    )
    sent = [
        producer.send(WEIGHT_DELTAS, delta(head, payload), key=LINE.model_id, partition=LINE.partition)
        for _ in range(deltas)
    ]
    for acknowledged in sent:
        acknowledged.result()
    acknowledged_at = time.perf_counter()
    return heads.wait(version + 1)[1] - acknowledged_at


def delta(head: Link, payload: bytes) -> DeltaComputed:
    """Return a new delta on this head."""
    return DeltaComputed(
        *(DeltaId(uuid.uuid4().hex), LINE.model_id, Version(head.version), head.sha256, ClientId("client")),
        *(OffsetRange(0, 0, 1), (0,), 5, 1.0, 0.5, DeltaCodec.FP16, payload, None),
    )


@contextmanager
def aggregator(addresses: Addresses, deltas: int, folder: Path) -> Iterator[None]:
    """Run one aggregator."""
    own = {
        "HTTP_PORT": str(FreePorts().take("aggregator")),
        "FEDSWIPE_S3_BUCKET": "fedswipe",
        "AGGREGATOR_DELTAS": str(deltas),
    }
    with (folder / "aggregator.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.aggregator.app"],
            env=os.environ | addresses.environ() | own,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
        finally:
            process.kill()
            process.wait()


@contextmanager
def following(settings: KafkaSettings, heads: Heads) -> Iterator[None]:
    """Follow the chain."""
    reader = ChainReader(settings, LINE, heads.add)
    thread = threading.Thread(target=reader.run)
    thread.start()
    try:
        yield
    finally:
        reader.stop()
        thread.join()


if __name__ == "__main__":
    main()
