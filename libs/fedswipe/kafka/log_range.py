"""Reads a stretch of one partition again, beside the group's own reading."""

from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from fedswipe.events import Event
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.record import Record
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import Topic


def read_range(
    settings: KafkaSettings, topic: Topic[Event], partition: int, start: int, end: int
) -> Iterator[Record]:
    """Yield the committed records at offsets [start, end) that the broker still keeps, in order.

    Raises BrokerUnavailable when no broker answers in time.
    """
    consumer = Consumer(settings.reader("fedswipe.log-range") | {"enable.partition.eof": True})
    try:
        timeout = settings.request_timeout_ms / 1000
        first, last = consumer.get_watermark_offsets(TopicPartition(topic.name, partition), timeout)
        start, end = max(start, first), min(end, last)
        consumer.assign([TopicPartition(topic.name, partition, start)])
        while start < end:
            message = consumer.poll(timeout)
            if message is None:
                raise BrokerUnavailable(f"{topic.name}[{partition}]: no answer at {start}, before {end}")
            error = message.error()
            if error is None:
                record = Record.of(message)
                start = record.offset + 1
                if record.offset < end:
                    yield record
            elif error.code() == KafkaError._PARTITION_EOF:
                return  # only markers and aborted records were left
            elif error.fatal() or error.code() == KafkaError.OFFSET_OUT_OF_RANGE:
                raise BrokerUnavailable(f"{topic.name}[{partition}]: {error.str()}")
    except KafkaException as error:
        raise BrokerUnavailable(f"{topic.name}[{partition}]: {error}") from error
    finally:
        consumer.close()
