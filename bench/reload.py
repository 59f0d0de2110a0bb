"""From a published event to the predictor serving it: real Kafka, real object store, the real process.

Prints JSON: seconds from the broker's acknowledgement of a link until GET /api/v1/model names it, over
--count links; the question is asked again as soon as it is answered.
"""

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from minio import Minio

from fedswipe.events import ClosedBy, GlobalModelPublished, OffsetRange, Version
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import from_bytes, sha256, to_bytes
from fedswipe.local.leash import Leash
from fedswipe.local.ports import FreePorts
from fedswipe.local.services import service_url, start_service
from fedswipe.local.stack import Stack, open_stack
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.swipe.layout import load_layout
from fedswipe.topology import GLOBAL_MODELS, LINEAGES

LINE = LINEAGES[0]
BUCKET = "bench-reload"
GIVE_UP = 30.0  # seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a model's file; default: random weights")
    parser.add_argument("--count", type=int, default=30, help="links to publish")
    options = parser.parse_args()
    data = options.model.read_bytes() if options.model else random_model()
    with tempfile.TemporaryDirectory() as folder, open_stack(Path(folder), os.environ) as stack:
        Admin(KafkaSettings(stack.kafka)).create_topics()
        store = S3ModelStore(bucket(stack))
        with chain(stack) as reader, EventProducer(KafkaSettings(stack.kafka)) as producer:
            publish(data, store, reader, producer)
            with predictor(stack, Path(folder)) as http:
                seconds = []
                for number in range(options.count):
                    changed = variant(data, number)
                    start = publish(changed, store, reader, producer)
                    seconds.append(until_served(http, sha256(changed)) - start)
    figures = {f"p{percent}_s": round(float(np.percentile(seconds, percent)), 4) for percent in (50, 99, 100)}
    print(json.dumps({"links": len(seconds), **figures, "stack": str(stack)}, indent=2))


def bucket(stack: Stack) -> S3Settings:
    """Make sure of a bucket for this run."""
    s3 = stack.s3
    settings = S3Settings(s3.access_key, s3.secret_key, s3.url, BUCKET, s3.region)
    scheme, _, host = s3.url.partition("://")
    client = Minio(host, s3.access_key, s3.secret_key, secure=scheme == "https", region=s3.region)
    if not client.bucket_exists(BUCKET):
        client.make_bucket(BUCKET)
    return settings


@contextmanager
def chain(stack: Stack) -> Iterator[ChainReader]:
    """Follow the lineage's chain, to publish on top of it."""
    reader = ChainReader(KafkaSettings(stack.kafka), LINE, lambda _: None)
    thread = threading.Thread(target=reader.run)
    thread.start()
    try:
        reader.wait_caught_up(GIVE_UP)
        yield reader
    finally:
        reader.stop()
        thread.join()


@contextmanager
def predictor(stack: Stack, folder: Path) -> Iterator[httpx.Client]:
    """Run the service and give a client of it."""
    port = FreePorts().take("predictor")
    env = {**stack.addresses.environ(), "FEDSWIPE_S3_BUCKET": BUCKET}
    with Leash() as leash, httpx.Client(base_url=service_url(port), timeout=GIVE_UP) as http:
        start_service("predictor", port, env, folder / "predictor.log", leash).wait_ready()
        yield http


def publish(data: bytes, store: S3ModelStore, reader: ChainReader, producer: EventProducer) -> float:
    """Publish a model as the head's child; return when the broker acknowledged the link."""
    head, at = reader.chain.head, store.put(f"{LINE.model_id}/models", data)
    version, parent, end = (head.version + 1, head.sha256, head.end) if head else (1, "", 0)
    ranges = (OffsetRange(LINE.partition, end, end),)
    event = GlobalModelPublished(
        *(LINE.model_id, Version(version), parent, ranges, at, at, at, at), 0, 0, 0, ClosedBy.FACTORY, None
    )
    offset = producer.send(GLOBAL_MODELS, event, key=LINE.model_id, partition=LINE.partition).result(GIVE_UP)
    acknowledged = time.monotonic()
    reader.wait_past(offset, GIVE_UP)
    return acknowledged


def until_served(http: httpx.Client, sha: str) -> float:
    """Ask until the model is served; return when that was."""
    last = time.monotonic() + GIVE_UP
    while time.monotonic() < last:
        if http.get("/api/v1/model").json()["sha256"] == sha:
            return time.monotonic()
    raise SystemExit(f"not served after {GIVE_UP:g} s: {http.get('/api/v1/model').text}")


def random_model() -> bytes:
    """Return a model with random weights."""
    random = np.random.default_rng(1)
    shapes = Architecture(load_layout(LINE.layout)).shapes
    return to_bytes(
        {name: np.asarray(random.random(shape) * 0.1, np.float32) for name, shape in shapes.items()}
    )


def variant(data: bytes, number: int) -> bytes:
    """Return the model with one number changed: other bytes, another name."""
    weights = from_bytes(data, Architecture(load_layout(LINE.layout)))
    bias = weights["head.bias"].copy()
    bias[0] += np.float32(0.001 * (number + 1))
    return to_bytes(weights | {"head.bias": bias})


if __name__ == "__main__":
    main()
