"""Follows a partition of a topic that is kept for ever, from its start. One thread reads, any may wait."""

import logging
import threading
from collections.abc import Callable
from contextlib import closing

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from fedswipe.events import Event
from fedswipe.kafka.consume_loop import read_batch
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.forgotten_brokers import BrokersForgotten, watched
from fedswipe.kafka.record import Record
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import Topic

BATCH = 5_000
POLL_SECONDS = 0.2  # how long a stop may wait; a record never waits for it
log = logging.getLogger(__name__)


class PartitionReader:
    """Hands batches of records to `take`, in order; `run` belongs in a thread of its own.

    The records must be plain ones, so that their offsets have no gaps. `caught_up` is called after every
    batch from the one on that reaches the end that the topic had at the start, also when that is empty.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        topic: Topic[Event],
        partition: int,
        take: Callable[[list[Record]], None],
        caught_up: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._topic = topic.name
        self._partition = partition
        self._take = take
        self._on_caught_up = caught_up
        self._next = 0
        self._caught_up = False
        self._moved = threading.Condition()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Follow the topic until `stop`; a client that has forgotten its brokers is replaced.

        Raises BrokerUnavailable when no broker answers at the start.
        """
        end: int | None = None
        while not self._stopping.is_set():
            with closing(self._connect()) as consumer:
                try:
                    end = self._end(consumer) if end is None else end
                    self._follow(consumer, end)
                except BrokersForgotten as error:
                    log.warning("%s; another one takes its place", error)

    def stop(self) -> None:
        """End `run` soon and wake whoever waits."""
        self._stopping.set()
        with self._moved:
            self._moved.notify_all()

    @property
    def stopping(self) -> threading.Event:
        """Is set from `stop` on."""
        return self._stopping

    def wait_caught_up(self, timeout: float) -> bool:
        """Wait until the end that the topic had at the start is read; tell whether in time (seconds)."""
        with self._moved:
            self._moved.wait_for(lambda: self._caught_up or self._stopping.is_set(), timeout)
            return self._caught_up

    def wait_past(self, offset: int, timeout: float) -> bool:
        """Wait until the record at this offset has been read; tell whether it was in time (seconds)."""
        with self._moved:
            self._moved.wait_for(lambda: self._next > offset or self._stopping.is_set(), timeout)
            return self._next > offset

    def _connect(self) -> Consumer:
        consumer = Consumer(watched(self._settings.reader("fedswipe.partition-reader")))
        consumer.assign([TopicPartition(self._topic, self._partition, self._next or OFFSET_BEGINNING)])
        return consumer

    def _end(self, consumer: Consumer) -> int:
        partition = TopicPartition(self._topic, self._partition)
        try:
            _, end = consumer.get_watermark_offsets(partition, self._settings.request_timeout_ms / 1000)
        except KafkaException as error:
            raise BrokerUnavailable(f"{self._topic}: {error}") from error
        return end

    def _follow(self, consumer: Consumer, end: int) -> None:
        while not self._stopping.is_set():
            waiting = self._caught_up or end
            self._handle(read_batch(consumer, BATCH, POLL_SECONDS) if waiting else [], end)

    def _handle(self, records: list[Record], end: int) -> None:
        before = self._caught_up
        if records:
            self._take(records)
        with self._moved:
            self._next = records[-1].offset + 1 if records else self._next
            self._caught_up = self._next >= end
            self._moved.notify_all()
        if self._caught_up and (records or not before):
            self._on_caught_up()
