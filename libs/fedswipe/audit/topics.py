"""The evidence as it lies in Kafka's topics."""

from collections.abc import Iterator, Mapping

from fedswipe.audit.evidence import Kept
from fedswipe.codec import SchemaSource
from fedswipe.events import Event
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.log_range import kept_range, read_range
from fedswipe.kafka.record import Record
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import SWIPES, TRAINERS, Topic


class TopicEvidence:
    """Implements `Evidence`. It joins no group and commits nothing."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._schemas = PublishedSchemas(settings)

    @property
    def schemas(self) -> SchemaSource:
        """Return the packaged schemas and those of the schemas topic."""
        return self._schemas

    def kept(self, topic: Topic[Event], partition: int) -> Kept:
        """Ask the broker for the partition's first and last offset."""
        return Kept(*kept_range(self._settings, topic, partition))

    def read(self, topic: Topic[Event], partition: int, start: int, end: int) -> Iterator[Record]:
        """Read committed records; see `log_range.read_range`."""
        return read_range(self._settings, topic, partition, start, end)

    def settled_swipes(self) -> Mapping[int, int]:
        """Return the trainers' committed offsets."""
        committed = Admin(self._settings).committed(TRAINERS)
        return {partition: offset for (topic, partition), offset in committed.items() if topic == SWIPES.name}
