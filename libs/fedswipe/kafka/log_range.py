"""Reads a stretch of one partition again, beside the group's own reading."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from fedswipe.events import Event
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.record import Record
from fedswipe.kafka.settings import Config, KafkaSettings
from fedswipe.topology import Topic

# A dead writer's transaction stays open for its time-out (10 s), and the broker looks for such every 10 s.
OPEN_TRANSACTION_SECONDS = 25.0
BATCH = 500  # messages taken at once; what is not there yet is not waited for
# One request for 1 MB (the default) carries two deltas: the round trips took a third of the time.
BULK: Config = {
    "enable.partition.eof": True,
    "fetch.message.max.bytes": 8_000_000,
    "queued.max.messages.kbytes": 16_000,  # what is fetched and not taken yet
    "fetch.queue.backoff.ms": 5,  # with its default, 1000, a reader slower than the broker waits for seconds
}


def read_range(
    settings: KafkaSettings, topic: Topic[Event], partition: int, start: int, end: int
) -> Iterator[Record]:
    """Yield the committed records at offsets [start, end) that the broker keeps; see `read_messages`."""
    return map(Record.of, read_messages(settings, topic.name, partition, start, end))


def read_messages(
    settings: KafkaSettings, topic: str, partition: int, start: int, end: int
) -> Iterator[Message]:
    """Yield the client library's messages of these records, in order, for whoever needs the broker's time.

    Waits for the end of a transaction that is open within them. Raises BrokerUnavailable when no broker
    answers in time, or when the partition does not reach `end` by then.
    """
    where = f"{topic}[{partition}]"
    with _reader(settings, where) as consumer:
        timeout = settings.request_timeout_ms / 1000
        first, _ = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout)
        at = max(start, first)
        consumer.assign([TopicPartition(topic, partition, at)])
        while at < end:
            messages = consumer.consume(BATCH, 0) or _wait(consumer, timeout)
            if not messages:
                raise BrokerUnavailable(f"{where}: no answer at {at}, before {end}")
            for message in messages:
                if _is_end(message):  # of what is committed: all up to here has been seen
                    at, timeout = message.offset() or at, OPEN_TRANSACTION_SECONDS
                elif (error := message.error()) is None:
                    offset = message.offset()
                    assert offset is not None  # noqa: S101  (only error events have no position)
                    at = offset + 1
                    if offset >= end:
                        break
                    yield message
                elif error.fatal() or error.code() == KafkaError.OFFSET_OUT_OF_RANGE:
                    raise BrokerUnavailable(f"{where}: {error.str()}")


def kept_range(settings: KafkaSettings, topic: str, partition: int) -> tuple[int, int]:
    """Return the partition's first kept offset and the one behind its last. Raises BrokerUnavailable."""
    with _reader(settings, f"{topic}[{partition}]") as consumer:
        at = TopicPartition(topic, partition)
        first, end = consumer.get_watermark_offsets(at, settings.request_timeout_ms / 1000)
    return first, end


def read_to_end(
    settings: KafkaSettings, topic: Topic[Event], partition: int, start: int
) -> tuple[list[Record], int]:
    """Return the committed records from `start` to the end that the partition has now, and that end.

    A transaction that is open there is waited for: what it may write is part of it. Errors as `read_range`.
    """
    end = Admin(settings).ends(topic)[partition]
    return list(read_range(settings, topic, partition, start, end)), end


def stored_at(message: Message) -> datetime:
    """Return when the broker stored a message: for operators to read, no model depends on it."""
    return datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)


def _wait(consumer: Consumer, seconds: float) -> list[Message]:
    message = consumer.poll(seconds)
    return [] if message is None else [message]


@contextmanager
def _reader(settings: KafkaSettings, where: str) -> Iterator[Consumer]:
    consumer = Consumer(settings.reader("fedswipe.log-range") | BULK)
    try:
        yield consumer
    except KafkaException as error:
        raise BrokerUnavailable(f"{where}: {error}") from error
    finally:
        consumer.close()


def _is_end(message: Message) -> bool:
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF
