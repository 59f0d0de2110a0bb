"""Publishes a stretch of a partition again, somewhere else, each record with where it came from."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient, ClusterMetadata  # type: ignore[attr-defined]

from fedswipe.errors import FedswipeError
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.log_range import kept_range, read_messages
from fedswipe.kafka.settings import KafkaSettings

ORIGIN = "fedswipe.origin."  # of the headers `topic`, `partition` and `offset` that are added


@dataclass(frozen=True)
class Stretch:
    """Offsets [start, end) of a topic's partition."""

    topic: str
    partition: int
    start: int
    end: int


def republish(
    source: KafkaSettings,
    stretch: Stretch,
    target: KafkaSettings,
    into: str,
    rate: float | None,
    progress: Callable[[int], None] = lambda offset: None,
) -> int:
    """Send the committed records of a stretch into the partition of the same number; return how many.

    Key, value and headers stay; three headers say the origin. At most `rate` records a second. FedswipeError
    names the option that cannot be; BrokerUnavailable says how far it came.
    """
    _check(source, stretch, target, into)
    producer, failed = Producer(target.producer()), list[KafkaError]()

    def acknowledged(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    sent, began = 0, time.monotonic()
    for message in read_messages(source, stretch.topic, stretch.partition, stretch.start, stretch.end):
        _serve_until(producer, began + sent / rate if rate else 0.0)
        _produce(producer, message, into, stretch.partition, acknowledged, target)
        if failed:
            break
        sent += 1
        progress((message.offset() or 0) + 1)
    if producer.flush(target.request_timeout_ms / 1000) or failed:
        reason = failed[0].str() if failed else "no answer in time"
        raise BrokerUnavailable(
            f"{into}[{stretch.partition}]: not all of {sent} records came to be stored: {reason}"
        )
    return sent


def _serve_until(producer: Producer, due: float) -> None:
    """Serve the producer's acknowledgements until a moment comes."""
    producer.poll(0)
    while (left := due - time.monotonic()) > 0:
        producer.poll(left)


def _produce(
    producer: Producer,
    message: Message,
    into: str,
    partition: int,
    acknowledged: Callable[[KafkaError | None, Message], None],
    target: KafkaSettings,
) -> None:
    origin = {"topic": message.topic(), "partition": message.partition(), "offset": message.offset()}
    added = [(f"{ORIGIN}{name}", str(value).encode()) for name, value in origin.items()]
    headers = [*(message.headers() or ()), *added]
    while True:
        try:
            producer.produce(
                into,
                message.value(),
                message.key(),
                partition,
                on_delivery=acknowledged,
                headers=headers,
            )
        except BufferError:
            producer.poll(target.request_timeout_ms / 1000)  # returns as soon as one is acknowledged
        except KafkaException as error:
            raise BrokerUnavailable(f"{into}: {error}") from error
        else:
            return


def _check(source: KafkaSettings, stretch: Stretch, target: KafkaSettings, into: str) -> None:
    here, there = _cluster(source), _cluster(target)
    if stretch.topic not in here.topics or stretch.partition not in here.topics[stretch.topic].partitions:
        where = f"--topic {stretch.topic} --partition {stretch.partition}"
        raise FedswipeError(f"{where}: there is none in {source.bootstrap}")
    if into not in there.topics:
        raise FedswipeError(f"--into {into}: no such topic in {target.bootstrap}; create it first")
    if stretch.partition not in there.topics[into].partitions:
        have = len(there.topics[into].partitions)
        raise FedswipeError(f"--into {into}: has {have} partitions, none with number {stretch.partition}")
    if into == stretch.topic and here.cluster_id == there.cluster_id:
        raise FedswipeError(f"--into {into}: is the origin itself; its readers would take every record twice")
    first, end = kept_range(source, stretch.topic, stretch.partition)
    if not first <= stretch.start < stretch.end <= end:
        raise FedswipeError(f"--from {stretch.start} --to {stretch.end}: the partition has [{first}, {end})")


def _cluster(settings: KafkaSettings) -> ClusterMetadata:
    try:
        return AdminClient(settings.client()).list_topics(timeout=settings.request_timeout_ms / 1000)
    except KafkaException as error:
        raise BrokerUnavailable(f"{settings.bootstrap}: {error}") from error
