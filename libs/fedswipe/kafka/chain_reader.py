"""Follows a lineage's partition of the global models and keeps its chain. One thread reads, any may ask."""

import logging
import threading
from collections.abc import Callable

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from fedswipe import codec
from fedswipe.chain import Chain, Link
from fedswipe.errors import InvalidMessage
from fedswipe.events import GlobalModelPublished
from fedswipe.kafka.consume_loop import read_batch
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.record import Record
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import GLOBAL_MODELS, Lineage

BATCH = 5_000
POLL_SECONDS = 0.2  # how long a stop may wait; a link never waits for it
log = logging.getLogger(__name__)


class ChainReader:
    """Reads the topic from its beginning and goes on; `run` belongs in a thread of its own.

    Links are plain records in a topic kept for ever, so their offsets have no gaps. `followed` is called in
    that thread with every new head, but only once the end that the topic had at the start has been reached.
    """

    def __init__(self, settings: KafkaSettings, lineage: Lineage, followed: Callable[[Link], None]) -> None:
        self.chain = Chain(lineage.model_id, lineage.partition)
        self.unreadable = 0
        self.fallen = 0
        self._settings = settings
        self._followed = followed
        self._partition = TopicPartition(GLOBAL_MODELS.name, lineage.partition, OFFSET_BEGINNING)
        self._schemas = PublishedSchemas(settings)
        self._next = 0
        self._caught_up = False
        self._moved = threading.Condition()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Follow the topic until `stop`. Raises BrokerUnavailable when no broker answers at the start."""
        consumer = Consumer(self._settings.reader("fedswipe.chain-reader"))
        consumer.assign([self._partition])
        try:
            end = self._end(consumer)
            while not self._stopping.is_set():
                head = self.chain.head if self._caught_up else None
                self._take(read_batch(consumer, BATCH, POLL_SECONDS) if self._caught_up or end else [], end)
                if self._caught_up and (now := self.chain.head) is not None and now is not head:
                    self._followed(now)
        finally:
            self._schemas.close()
            consumer.close()

    def stop(self) -> None:
        """End `run` soon and wake whoever waits."""
        self._stopping.set()
        with self._moved:
            self._moved.notify_all()

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

    def _end(self, consumer: Consumer) -> int:
        try:
            _, end = consumer.get_watermark_offsets(self._partition, self._settings.request_timeout_ms / 1000)
        except KafkaException as error:
            raise BrokerUnavailable(f"{self._partition.topic}: {error}") from error
        return end

    def _take(self, records: list[Record], end: int) -> None:
        for record in records:
            self._add(record)
        with self._moved:
            self._next = records[-1].offset + 1 if records else self._next
            self._caught_up = self._next >= end
            self._moved.notify_all()

    def _add(self, record: Record) -> None:
        try:
            fields = codec.decode_record(GlobalModelPublished, record.value, self._schemas)
        except InvalidMessage as error:
            self.unreadable += 1
            log.warning(
                "%s[%d] offset %d is no link: %s", record.topic, record.partition, record.offset, error
            )
            return
        if self.chain.add(record.value or b"", fields, record.offset) is None:
            self.fallen += 1
