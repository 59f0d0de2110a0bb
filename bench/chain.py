"""How long a reader takes from its start to the head of a long chain: seconds for 100,000 links.

Starts a Kafka of its own, writes the links, reads them with the services' own reader; prints a JSON line.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from fedswipe import codec
from fedswipe.chain import Chain
from fedswipe.events import ClosedBy, GlobalModelPublished, ObjectRef, OffsetRange, Sha256, Version
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.stack import native_stack
from fedswipe.testing.lineage_log import add_link
from fedswipe.topology import GLOBAL_MODELS, LINEAGES

LINE = LINEAGES[0]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, native_stack(Path(folder)) as stack:
        settings = KafkaSettings(stack.kafka)
        Admin(settings).create_topics()
        write(settings, options.links)
        seconds = [round(read(settings, options.links), 2) for _ in range(options.runs)]
    print(json.dumps({"links": options.links, "seconds": seconds}))


def links(count: int) -> Iterator[bytes]:
    """Make a chain's bytes."""
    chain = Chain(LINE.model_id, LINE.partition)
    ref = ObjectRef(f"{LINE.model_id}/models/{'0' * 64}.safetensors", Sha256("0" * 64), 1_000_000)
    for number in range(count):
        head = chain.head
        start, settles = (head.end, 32) if head else (0, 0)
        event = GlobalModelPublished(
            *(LINE.model_id, Version(number + 1), head.sha256 if head else ""),
            (OffsetRange(LINE.partition, start, start + settles),),
            *(ref, ref, ref, ref, 30, 2, 300, ClosedBy.DELTAS, None),
        )
        data = codec.encode(event)
        add_link(chain, data, number)
        yield data


def write(settings: KafkaSettings, count: int) -> None:
    """Write a chain of this many links."""
    with EventProducer(settings) as producer:
        sent = [
            producer.send_bytes(GLOBAL_MODELS.name, data, key=LINE.model_id, partition=LINE.partition)
            for data in links(count)
        ]
        assert [one.result() for one in sent] == list(range(count))


def read(settings: KafkaSettings, count: int) -> float:
    """Return the seconds from a reader's start to the last link."""
    began = time.perf_counter()
    reader = ChainReader(settings, LINE, lambda _: None)
    thread = threading.Thread(target=reader.run)
    thread.start()
    try:
        assert reader.wait_caught_up(600)
        seconds = time.perf_counter() - began
        assert len(reader.chain.links) == count
    finally:
        reader.stop()
        thread.join()
    return seconds


if __name__ == "__main__":
    main()
