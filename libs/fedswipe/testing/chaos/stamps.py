"""Whose clock stamped the swipes: a gateway whose clock is wrong must not be believed."""

from collections.abc import Iterator

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, TopicPartition

from fedswipe.kafka.admin import Admin
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.testing.until import until
from fedswipe.topology import SWIPES


def not_by_broker(kafka: KafkaSettings, since: float) -> Iterator[str]:
    """Yield the swipes whose time is not the broker's, or lies before `since` (epoch seconds)."""
    consumer = Consumer(kafka.reader("fedswipe.chaos"))
    try:
        for partition, end in Admin(kafka).ends(SWIPES).items():
            if end:
                yield from _of(consumer, TopicPartition(SWIPES.name, partition, 0), end, since)
    finally:
        consumer.close()


def _of(consumer: Consumer, at: TopicPartition, end: int, since: float) -> Iterator[str]:
    consumer.assign([at])
    offset = -1
    while offset < end - 1:
        message = until(lambda: consumer.poll(1.0), f"{at.topic}[{at.partition}] after {offset}")
        assert message.error() is None, message.error()
        offset = message.offset() or 0
        kind, milliseconds = message.timestamp()
        if kind != TIMESTAMP_LOG_APPEND_TIME or milliseconds < since * 1000:
            yield f"{at.partition}/{offset}: stamped {milliseconds}, kind {kind}"
