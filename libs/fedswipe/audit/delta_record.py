"""A record of the deltas, read once for everything that an audit asks of it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace

from fedswipe import codec
from fedswipe.errors import InvalidMessage
from fedswipe.events import DeltaComputed, ObjectRef
from fedswipe.kafka.record import Record
from fedswipe.learning.delta import names_content
from fedswipe.learning.scaled import Sizes


@dataclass(frozen=True, slots=True)
class DeltaRecord:
    """A record's offset, its length in bytes with its content's, and its delta: None when it holds none.

    `content` is on its way, or None: then whoever needs it fetches it.
    """

    offset: int
    size: int
    delta: DeltaComputed | None
    content: Future[bytes] | None = None

    @classmethod
    def of(cls, record: Record, schemas: codec.SchemaSource) -> "DeltaRecord":
        """Read a record as the aggregator does."""
        size = len(record.value or b"")
        try:
            delta = codec.decode(DeltaComputed, record.value, schemas)
        except InvalidMessage:
            return cls(record.offset, size, None)
        return cls(record.offset, size + (delta.content.size if delta.content else 0), delta)


def fetching(
    records: Iterable[DeltaRecord], sizes: Sizes, get: Callable[[ObjectRef], bytes], threads: Executor
) -> Iterator[DeltaRecord]:
    """Pass records on; threads fetch what deltas of these sizes keep in the store, and nothing else."""
    for record in records:
        ref = record.delta.content if record.delta and names_content(record.delta, sizes) else None
        yield record if ref is None else replace(record, content=threads.submit(get, ref))
