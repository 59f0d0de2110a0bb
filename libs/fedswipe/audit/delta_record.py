"""A record of the deltas, read once for everything that an audit asks of it."""

from dataclasses import dataclass

from fedswipe import codec
from fedswipe.errors import InvalidMessage
from fedswipe.events import DeltaComputed
from fedswipe.kafka.record import Record


@dataclass(frozen=True, slots=True)
class DeltaRecord:
    """A record's offset and length in bytes, and its delta: None when it holds none."""

    offset: int
    size: int
    delta: DeltaComputed | None

    @classmethod
    def of(cls, record: Record, schemas: codec.SchemaSource) -> "DeltaRecord":
        """Read a record as the aggregator does."""
        size = len(record.value or b"")
        try:
            return cls(record.offset, size, codec.decode(DeltaComputed, record.value, schemas))
        except InvalidMessage:
            return cls(record.offset, size, None)
