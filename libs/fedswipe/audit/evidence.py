"""The port on what an audit reads: the topics as they were written, wherever they lie now.

The adapters are `topics.TopicEvidence` (Kafka), `exported.ExportedEvidence` (files) and, in front of either,
`archived.ArchivedEvidence` (the object store); `testing.evidence.InMemoryEvidence` is their twin.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fedswipe.audit.record_file import StampedRecord
from fedswipe.audit.swipe_classes import SwipeClasses
from fedswipe.codec import SchemaSource
from fedswipe.events import Event, ObjectRef
from fedswipe.kafka.record import Record
from fedswipe.topology import Topic


@dataclass(frozen=True, slots=True)
class Kept:
    """Offsets [start, end) of a partition are there, without a hole; archives may have earlier ones.

    `archived` are such stretches, each [start, end). What lies before `live` comes from archives.
    """

    start: int
    end: int
    archived: tuple[tuple[int, int], ...] = ()
    live: int = 0

    def has(self, offset: int) -> bool:
        """Tell whether what lay at this offset can still be read."""
        return self.start <= offset < self.end or any(a <= offset < b for a, b in self.archived)

    def is_whole(self, start: int, end: int) -> bool:
        """Tell whether nothing is gone of what lay at offsets [start, end)."""
        for first, behind in (*self.archived, (self.start, self.end)):
            if first <= start:
                start = max(start, behind)
        return start >= end


class Evidence(Protocol):
    """The log as it can still be read. Methods raise BrokerUnavailable when it cannot be reached."""

    @property
    def schemas(self) -> SchemaSource:
        """Return what tells the writer's schema of an event."""
        ...

    def kept(self, topic: Topic[Event], partition: int) -> Kept:
        """Return what there is of a partition now."""
        ...

    def read(self, topic: Topic[Event], partition: int, start: int, end: int) -> Iterator[Record]:
        """Yield the committed records at offsets [start, end) that are kept, in order."""
        ...

    def read_stamped(
        self, topic: Topic[Event], partition: int, start: int, end: int
    ) -> Iterator[StampedRecord]:
        """Yield the same with the broker's time stamps; for copies, no verdict may rest on them."""
        ...

    def swipe_references(self, partition: int) -> Sequence[SwipeClasses]:
        """Return what is known of swipes that are gone, up to where the kept ones begin or beyond.

        Empty where no archive has any.
        """
        ...

    @property
    def from_archive(self) -> tuple[str, ...]:
        """Return the ranges that were read from archives so far, for the report."""
        ...

    def settled_swipes(self) -> Mapping[int, int]:
        """Return, by partition of the swipes, the offset up to which the trainers have settled them."""
        ...


class ObjectReader(Protocol):
    """The reading half of a model store, with a way to look at an object that is not what it should be."""

    def get(self, ref: ObjectRef) -> bytes:
        """Return verified bytes; see `modelstore.port.ModelStore.get`."""
        ...

    def unverified(self, ref: ObjectRef) -> bytes:
        """Return what is stored under the reference's key, whatever it is; errors as `get`."""
        ...
