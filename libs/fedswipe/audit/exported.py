"""The evidence and the objects of an export, read from its folder: no Kafka and no object store."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from fastavro.types import Schema

from fedswipe import avro_schemas
from fedswipe.audit.bundle import OBJECTS, Contents, Span
from fedswipe.audit.evidence import Kept
from fedswipe.audit.record_file import StampedRecord, UnreadableFile, read_records
from fedswipe.audit.swipe_classes import SwipeClasses
from fedswipe.codec import SchemaSource
from fedswipe.events import Event, ObjectRef
from fedswipe.kafka.record import Record
from fedswipe.kafka.schemas import UNREADABLE
from fedswipe.modelstore.port import ObjectMissing, verified
from fedswipe.topology import SCHEMAS, Topic

log = logging.getLogger(__name__)


class ExportedSchemas:
    """The packaged schemas and those that the export has from the schemas topic."""

    def __init__(self, records: Iterator[StampedRecord]) -> None:
        self._known = dict(avro_schemas.packaged())
        for stamped in records:
            key, value = stamped.record.key or b"", stamped.record.value or b""
            try:
                if avro_schemas.fingerprint_of(value.decode()) == key:
                    self._known[key] = avro_schemas.parse(value.decode())
            except UNREADABLE as error:
                log.warning("%s: %s is no schema (%r)", SCHEMAS.name, key.hex(), error)

    def schema(self, fingerprint: bytes) -> Schema | None:
        """Return a schema by the fingerprint of an event."""
        return self._known.get(fingerprint)


class ExportedEvidence:
    """Implements `Evidence`. UnreadableFile names a record file that is damaged."""

    def __init__(self, folder: Path, contents: Contents) -> None:
        self._folder = folder
        self._spans = {(span.topic, span.partition): span for span in contents.spans}
        self._settled = {int(partition): end for partition, end in contents.settled.items()}
        self._schemas = ExportedSchemas(self._read(SCHEMAS.name, 0, 0, 2**62))

    @property
    def schemas(self) -> SchemaSource:
        """Return the packaged schemas and the exported ones."""
        return self._schemas

    def kept(self, topic: Topic[Event], partition: int) -> Kept:
        """Return what was exported of a partition."""
        span = self._spans.get((topic.name, partition))
        return Kept(span.start, span.end) if span else Kept(0, 0)

    def read(self, topic: Topic[Event], partition: int, start: int, end: int) -> Iterator[Record]:
        """Yield exported records."""
        return (stamped.record for stamped in self._read(topic.name, partition, start, end))

    def read_stamped(
        self, topic: Topic[Event], partition: int, start: int, end: int
    ) -> Iterator[StampedRecord]:
        """Yield exported records with the broker's time stamps."""
        return self._read(topic.name, partition, start, end)

    def swipe_references(self, partition: int) -> Sequence[SwipeClasses]:
        """Return nothing: an export has the swipes themselves."""
        return ()

    @property
    def from_archive(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def settled_swipes(self) -> Mapping[int, int]:
        """Return what the trainers had settled when this was exported."""
        return self._settled

    def _read(self, topic: str, partition: int, start: int, end: int) -> Iterator[StampedRecord]:
        span = self._spans.get((topic, partition))
        if span is None:
            return
        before = -1
        with (self._folder / span.file).open("rb") as source:
            for stamped in read_records(source, span.file):
                record = stamped.record
                _check(span, record, before)
                before = record.offset
                if start <= record.offset < end:
                    yield stamped


class FolderStore:
    """Implements `ObjectReader` over the objects of a folder; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / OBJECTS

    def get(self, ref: ObjectRef) -> bytes:
        """Return verified bytes."""
        return verified(ref, self.unverified(ref))

    def unverified(self, ref: ObjectRef) -> bytes:
        """Return what is there under the key."""
        file = self.path(ref)
        if file is None or not file.is_file():
            raise ObjectMissing(f"{ref.key}: no such object in {self._folder}")
        return file.read_bytes()

    def path(self, ref: ObjectRef) -> Path | None:
        """Return where an object belongs; None for a key that would lie outside of the folder."""
        key = PurePosixPath(ref.key)
        outside = key.is_absolute() or ".." in key.parts or not key.parts
        return None if outside else self._folder / key


def _check(span: Span, record: Record, before: int) -> None:
    """Refuse a file whose records are not its partition's, in order."""
    if (record.topic, record.partition) != (span.topic, span.partition) or record.offset <= before:
        raise UnreadableFile(f"{span.file}: record {record.topic}[{record.partition}] {record.offset} is "
                             f"out of place behind {before}")  # fmt: skip
