"""The audit's evidence in memory: records that a test writes, tampers with and deletes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from fedswipe import codec
from fedswipe.audit.evidence import Kept
from fedswipe.audit.record_file import StampedRecord
from fedswipe.audit.swipe_classes import SwipeClasses
from fedswipe.events import Event
from fedswipe.kafka.record import Record
from fedswipe.topology import Topic

Place = tuple[str, int]


class InMemoryEvidence:
    """An `Evidence` whose `records` are, by topic and partition, ordered by offset; offsets may have gaps.

    `ends` and `starts` may be moved by a test: past aborted records, or as retention does.
    """

    schemas = codec.PackagedSchemas()

    def __init__(self) -> None:
        self.records: dict[Place, list[Record]] = defaultdict(list)
        self.starts: dict[Place, int] = defaultdict(int)
        self.ends: dict[Place, int] = defaultdict(int)
        self.settled: dict[int, int] = {}

    def write(
        self, topic: Topic[Event], partition: int, value: bytes | None, key: bytes | None = None
    ) -> int:
        """Append a record; return its offset."""
        place = (topic.name, partition)
        offset = self.ends[place]
        self.records[place].append(Record(topic.name, partition, offset, key, value))
        self.ends[place] = offset + 1
        return offset

    def delete_before(self, topic: Topic[Event], partition: int, offset: int) -> None:
        """Delete as retention does."""
        self.starts[topic.name, partition] = offset

    def kept(self, topic: Topic[Event], partition: int) -> Kept:
        """Return what there is; see `Evidence.kept`."""
        return Kept(self.starts[topic.name, partition], self.ends[topic.name, partition])

    def read(self, topic: Topic[Event], partition: int, start: int, end: int) -> Iterator[Record]:
        """Yield what is kept; see `Evidence.read`."""
        first = max(start, self.starts[topic.name, partition])
        return (r for r in self.records[topic.name, partition] if first <= r.offset < end)

    def read_stamped(
        self, topic: Topic[Event], partition: int, start: int, end: int
    ) -> Iterator[StampedRecord]:
        """Yield the same; every record's time is its offset in ms."""
        return (StampedRecord(record, record.offset) for record in self.read(topic, partition, start, end))

    def swipe_references(self, partition: int) -> Sequence[SwipeClasses]:
        """Return nothing."""
        return ()

    @property
    def from_archive(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def settled_swipes(self) -> Mapping[int, int]:
        """Return `settled`; see `Evidence.settled_swipes`."""
        return self.settled
