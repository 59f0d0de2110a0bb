"""Reads a stretch of one partition again, beside the group's own reading."""

from collections.abc import Iterator
from datetime import UTC, datetime

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from fedswipe.events import Event
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.record import Record
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import Topic

# A dead writer's transaction stays open for its time-out (10 s), and the broker looks for such every 10 s.
OPEN_TRANSACTION_SECONDS = 25.0


def read_range(
    settings: KafkaSettings, topic: Topic[Event], partition: int, start: int, end: int
) -> Iterator[Record]:
    """Yield the committed records at offsets [start, end) that the broker keeps; see `read_messages`."""
    for message in read_messages(settings, topic, partition, start, end):
        yield Record.of(message)


def read_messages(
    settings: KafkaSettings, topic: Topic[Event], partition: int, start: int, end: int
) -> Iterator[Message]:
    """Yield the client library's messages of these records, for whoever needs the broker's time as well.

    Waits for the end of a transaction that is open within them. Raises BrokerUnavailable when no broker
    answers in time, or when the partition does not reach `end` by then.
    """
    consumer = Consumer(settings.reader("fedswipe.log-range") | {"enable.partition.eof": True})
    where = f"{topic.name}[{partition}]"
    try:
        timeout = settings.request_timeout_ms / 1000
        first, _ = consumer.get_watermark_offsets(TopicPartition(topic.name, partition), timeout)
        at = max(start, first)
        consumer.assign([TopicPartition(topic.name, partition, at)])
        while at < end:
            message = consumer.poll(timeout)
            if message is None:
                raise BrokerUnavailable(f"{where}: no answer at {at}, before {end}")
            if _is_end(message):  # of what is committed: all up to here has been seen
                at, timeout = message.offset() or at, OPEN_TRANSACTION_SECONDS
            elif (error := message.error()) is None:
                offset = message.offset() or 0
                at = offset + 1
                if offset < end:
                    yield message
            elif error.fatal() or error.code() == KafkaError.OFFSET_OUT_OF_RANGE:
                raise BrokerUnavailable(f"{where}: {error.str()}")
    except KafkaException as error:
        raise BrokerUnavailable(f"{where}: {error}") from error
    finally:
        consumer.close()


def stored_at(message: Message) -> datetime:
    """Return when the broker stored a message: for operators to read, no model depends on it."""
    return datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)


def read_to_end(
    settings: KafkaSettings, topic: Topic[Event], partition: int, start: int
) -> tuple[list[Record], int]:
    """Return the committed records from `start` to the end that the partition has now, and that end.

    A transaction that is open there is waited for: what it may write is part of it. Errors as `read_range`.
    """
    end = Admin(settings).ends(topic)[partition]
    return list(read_range(settings, topic, partition, start, end)), end


def _is_end(message: Message) -> bool:
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF
