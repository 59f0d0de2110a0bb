"""The evidence as it lies in Kafka's topics."""

import threading
from collections.abc import Iterator, Mapping, Sequence

from fastavro.types import Schema

from fedswipe.audit.evidence import Kept
from fedswipe.audit.record_file import StampedRecord
from fedswipe.audit.swipe_classes import SwipeClasses
from fedswipe.codec import SchemaSource
from fedswipe.events import Event
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.log_range import kept_range, read_messages, read_range
from fedswipe.kafka.record import Record
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import SCHEMAS, SWIPES, TRAINERS, Topic


class SharedSchemas:
    """The packaged and published schemas, for the thread that reads ahead and the one that judges."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._schemas = PublishedSchemas(settings)
        self._lock = threading.Lock()

    def schema(self, fingerprint: bytes) -> Schema | None:
        """Return a schema by the fingerprint of an event. Raises BrokerUnavailable."""
        with self._lock:
            return self._schemas.schema(fingerprint)


class TopicEvidence:
    """Implements `Evidence`. It joins no group and commits nothing."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._schemas = SharedSchemas(settings)

    @property
    def schemas(self) -> SchemaSource:
        """Return the packaged schemas and those of the schemas topic."""
        return self._schemas

    def kept(self, topic: Topic[Event], partition: int) -> Kept:
        """Ask the broker for the partition's first and last offset."""
        return Kept(*kept_range(self._settings, topic.name, partition))

    def read(self, topic: Topic[Event], partition: int, start: int, end: int) -> Iterator[Record]:
        """Read committed records; see `log_range.read_range`."""
        return read_range(self._settings, topic, partition, start, end)

    def read_stamped(
        self, topic: Topic[Event], partition: int, start: int, end: int
    ) -> Iterator[StampedRecord]:
        """Read committed records with the broker's time stamps."""
        for message in read_messages(self._settings, topic.name, partition, start, end):
            yield StampedRecord(Record.of(message), message.timestamp()[1])

    def schema_records(self) -> Iterator[StampedRecord]:
        """Yield the schemas topic's records."""
        start, end = kept_range(self._settings, SCHEMAS.name, 0)
        for message in read_messages(self._settings, SCHEMAS.name, 0, start, end):
            yield StampedRecord(Record.of(message), message.timestamp()[1])

    def swipe_references(self, partition: int) -> Sequence[SwipeClasses]:
        """Return nothing: what is in the topic needs none."""
        return ()

    @property
    def from_archive(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def settled_swipes(self) -> Mapping[int, int]:
        """Return the trainers' committed offsets."""
        committed = Admin(self._settings).committed(TRAINERS)
        return {partition: offset for (topic, partition), offset in committed.items() if topic == SWIPES.name}
