"""The one consume loop: a group's consumer that never stops polling, whatever its handler is busy with.

Every rebalance takes all partitions away and gives new ones (eager), so a handler that drops what it
holds in `revoked` never mixes two generations. The membership that a handler commits with is the one
of the assignment it read under: fetched later, it would let an old owner commit (KIP-447 fences by it).
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from fedswipe.kafka.errors import PositionLost
from fedswipe.kafka.forgotten_brokers import watched
from fedswipe.kafka.record import Record
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import Group

BATCH = 500
POLL_SECONDS = 0.1  # how long a stop, a pause or a seek may wait; a record never waits for it
LOST = (KafkaError._AUTO_OFFSET_RESET, KafkaError._NO_OFFSET, KafkaError.OFFSET_OUT_OF_RANGE)


@dataclass(frozen=True)
class Membership:
    """Who we are in the group, as of one assignment; a transaction commits its offsets with it."""

    metadata: Any  # opaque: the client library has no public type for it


class Handler(Protocol):
    """What a service does with its group's records; called by the loop's thread alone."""

    def assigned(
        self, partitions: Sequence[TopicPartition], membership: Membership
    ) -> Sequence[TopicPartition]:
        """Return the same partitions, with an offset where reading must not start at the committed one."""
        ...

    def revoked(self) -> None:
        """Drop everything that was read: other members may have these partitions now."""
        ...

    def records(self, batch: Sequence[Record]) -> None:
        """Take these records, in order within each partition."""
        ...

    def reached(self, topic: str, partition: int, offset: int) -> None:
        """Every record below this offset has come: what lies between was aborted or is a marker."""
        ...

    def rewind(self) -> Sequence[TopicPartition]:
        """Return where the next read shall begin, among partitions that records came from; mostly nowhere.

        Called before every read: what comes after it was read from there.
        """
        ...

    def has_room(self) -> bool:
        """Tell whether more records may come; while not, the loop pauses its partitions and polls on."""
        ...


class ConsumeLoop:
    """Runs a handler over a group's topics until `stop`; `run` raises what the handler raises."""

    def __init__(self, settings: KafkaSettings, group: Group, handler: Handler) -> None:
        self._consumer = Consumer(watched(settings.reader(group.name) | {"enable.partition.eof": True}))
        self._group = group
        self._handler = handler
        self._stopping = threading.Event()
        self._paused = False

    def run(self) -> None:
        """Poll until `stop` is called.

        Raises PositionLost where reading on would skip records, BrokersForgotten where none would come again.
        """
        names = [topic.name for topic in self._group.topics]
        self._consumer.subscribe(
            names, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
        )
        try:
            while not self._stopping.is_set():
                self._make_room()
                self._rewind()
                self._handle(_read(self._consumer, BATCH, POLL_SECONDS))
        finally:
            self._consumer.close()

    def stop(self) -> None:
        """End `run` soon; callable from any thread and from signal handlers."""
        self._stopping.set()

    def _handle(self, messages: list[Message]) -> None:
        if batch := [Record.of(message) for message in messages if _usable(message)]:
            self._handler.records(batch)
        for message in messages:
            if _is_end(message):
                self._handler.reached(*_position(message))

    def _make_room(self) -> None:
        full = not self._handler.has_room()
        if full != self._paused:
            assigned = self._consumer.assignment()
            (self._consumer.pause if full else self._consumer.resume)(assigned)
            self._paused = full

    def _rewind(self) -> None:
        for partition in self._handler.rewind():
            self._consumer.seek(partition)

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        membership = Membership(consumer.consumer_group_metadata())
        consumer.assign(list(self._handler.assigned(partitions, membership)))
        self._paused = False

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._handler.revoked()


def read_batch(consumer: Consumer, most: int, seconds: float) -> list[Record]:
    """Return what has been fetched, up to `most`; if nothing has, wait for one record, at most `seconds`.

    Raises PositionLost where reading on would skip records, KafkaException where the client is broken.
    """
    return [Record.of(message) for message in _read(consumer, most, seconds) if _usable(message)]


def _read(consumer: Consumer, most: int, seconds: float) -> list[Message]:
    """Never mix both calls' messages: a rebalance inside the second would leave the first's behind, revoked.

    (`consume` alone with a time-out would hold the first record back until the batch is full.)
    """
    if messages := consumer.consume(most, 0):
        return messages
    first = consumer.poll(seconds)
    return [] if first is None else [first]


def _is_end(message: Message) -> bool:
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF


def _position(message: Message) -> tuple[str, int, int]:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None  # noqa: S101  (records and ends of partitions have positions)
    assert partition is not None  # noqa: S101
    assert offset is not None  # noqa: S101
    return topic, partition, offset


def _usable(message: Message) -> bool:
    error = message.error()
    if error is None:
        return True
    if error.code() in LOST:
        where = f"{message.topic()}[{message.partition()}]"
        raise PositionLost(f"{where}: {error.str()}; set the group's position by hand, knowing what it skips")
    if error.fatal():
        raise KafkaException(error)
    return False  # the client library reconnects by itself
