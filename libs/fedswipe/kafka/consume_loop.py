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

    def has_room(self) -> bool:
        """Tell whether more records may come; while not, the loop pauses its partitions and polls on."""
        ...


class ConsumeLoop:
    """Runs a handler over a group's topics until `stop`; `run` raises what the handler raises."""

    def __init__(self, settings: KafkaSettings, group: Group, handler: Handler) -> None:
        self._consumer = Consumer(settings.reader(group.name))
        self._group = group
        self._handler = handler
        self._stopping = threading.Event()
        self._paused = False
        self._seeks: list[TopicPartition] = []
        self._lock = threading.Lock()

    def run(self) -> None:
        """Poll until `stop` is called. Raises PositionLost where reading on would skip records."""
        names = [topic.name for topic in self._group.topics]
        self._consumer.subscribe(
            names, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
        )
        try:
            while not self._stopping.is_set():
                self._make_room()
                self._apply_seeks()
                if batch := read_batch(self._consumer, BATCH, POLL_SECONDS):
                    self._handler.records(batch)
        finally:
            self._consumer.close()

    def stop(self) -> None:
        """End `run` soon; callable from any thread and from signal handlers."""
        self._stopping.set()

    def seek(self, partition: TopicPartition) -> None:
        """Continue at this partition's offset; callable from any thread. Not for a partition that left."""
        with self._lock:
            self._seeks.append(partition)

    def position(self, topic: str, partition: int) -> int:
        """Return the offset read next (negative before the first record); in the loop's thread only."""
        return int(self._consumer.position([TopicPartition(topic, partition)])[0].offset)

    def _make_room(self) -> None:
        full = not self._handler.has_room()
        if full != self._paused:
            assigned = self._consumer.assignment()
            (self._consumer.pause if full else self._consumer.resume)(assigned)
            self._paused = full

    def _apply_seeks(self) -> None:
        with self._lock:
            seeks, self._seeks = self._seeks, []
        owned = {(p.topic, p.partition) for p in self._consumer.assignment()} if seeks else set()
        for partition in seeks:
            if (partition.topic, partition.partition) in owned:
                self._consumer.seek(partition)

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        with self._lock:
            self._seeks.clear()
        membership = Membership(consumer.consumer_group_metadata())
        consumer.assign(list(self._handler.assigned(partitions, membership)))
        self._paused = False

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._handler.revoked()


def read_batch(consumer: Consumer, most: int, seconds: float) -> list[Record]:
    """Wait for one record, at most `seconds`, then take along what has already been fetched, up to `most`.

    (`consume` alone would hold the first record back until the batch is full or the time is over.)
    Raises PositionLost where reading on would skip records, KafkaException where the client is broken.
    """
    first = consumer.poll(seconds)
    messages = [] if first is None else [first, *consumer.consume(most - 1, 0)]
    return [Record.of(message) for message in messages if _usable(message)]


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
