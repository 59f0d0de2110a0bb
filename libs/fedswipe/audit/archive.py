"""Copies evidence into the object store before its topics' retention deletes it.

An archive is an index that names content-addressed objects: chunks of records as they were, and for each
swipe where it has to stand. It holds no swipe; of a dead letter it keeps position and reason alone, of a
forgotten client's delta its id and which swipes it was of.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
import orjson

from fedswipe import codec
from fedswipe.audit.evidence import ObjectReader
from fedswipe.audit.record_file import StampedRecord, write_records
from fedswipe.audit.swipe_classes import SwipeClasses
from fedswipe.dead_letters.closing import RETRIED_AS, how_closed, retried_as
from fedswipe.errors import FedswipeError, InvalidMessage
from fedswipe.events import ClientId, DeadLettered, DeltaComputed, Header, ModelId, ObjectRef
from fedswipe.forgotten_clients import Forgotten

NO_CLIENT = ClientId("")  # whose archived delta says no more: nobody's id is empty
CHUNK = 16_000_000  # bytes of records in one object; one is in memory at a time


class ArchiveStore(ObjectReader, Protocol):
    """A model store that can be listed."""

    def put(self, kind: str, data: bytes) -> ObjectRef:
        """Store an object; see `modelstore.port.ModelStore.put`."""
        ...

    def refs(self, kind: str) -> list[ObjectRef]:
        """Return the references of all objects of a kind."""
        ...


@dataclass(frozen=True)
class Chunk:
    """Everything that a partition had at offsets [start, end), in one object."""

    topic: str
    partition: int
    start: int
    end: int
    ref: ObjectRef


@dataclass(frozen=True)
class Archive:
    """What was archived of versions `first` to `last`: chunks of records, and references of swipes."""

    model_id: ModelId
    first: int
    last: int
    chunks: tuple[Chunk, ...]
    swipes: tuple[Chunk, ...]

    def to_bytes(self) -> bytes:
        """Return canonical JSON."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        fields = orjson.loads(data)
        return cls(**{**fields, "chunks": _chunks(fields["chunks"]), "swipes": _chunks(fields["swipes"])})


def archives(store: ArchiveStore, model_id: ModelId) -> list[Archive]:
    """Return all archives of a lineage; ContentMismatch when one was changed."""
    found = [store.get(ref) for ref in store.refs(f"{model_id}/archives")]
    try:
        return [Archive.from_bytes(data) for data in found]
    except (ValueError, KeyError, TypeError) as error:
        raise FedswipeError(f"{model_id}/archives: holds something that is no archive ({error!r})") from error


def replaced(store: ArchiveStore, found: Archive) -> list[str]:
    """Return the keys of what older archives of no other versions hold and this one does not name."""
    named, old = _keys(found), set[str]()
    for ref in store.refs(f"{found.model_id}/archives"):
        one = Archive.from_bytes(store.get(ref))
        if one != found and found.first <= one.first and one.last <= found.last:
            old |= {ref.key, *_keys(one)}
        else:
            named |= _keys(one)
    return sorted(old - named)


def put_chunks(
    store: ArchiveStore, model_id: ModelId, place: tuple[str, int], start: int, end: int,
    records: Iterable[StampedRecord],
) -> Iterator[Chunk]:  # fmt: skip
    """Store the records at offsets [start, end) of a topic's partition, in pieces; yield each piece."""
    held: list[StampedRecord] = []
    size, at = 0, start
    for stamped in records:
        if size > CHUNK:
            yield _put(store, model_id, place, at, stamped.record.offset, held)
            at, held, size = stamped.record.offset, [], 0
        held.append(stamped)
        size += len(stamped.record.value or b"")
    if at < end:
        yield _put(store, model_id, place, at, end, held)


def stripped(stamped: StampedRecord, schemas: codec.SchemaSource) -> StampedRecord:
    """Return a dead letter without the record that it is about; what is no letter loses its value.

    What closes a letter keeps the name of the retry: it is an offset.
    """
    try:
        letter = codec.decode(DeadLettered, stamped.record.value, schemas)
    except InvalidMessage:
        return replace(stamped, record=replace(stamped.record, key=None, value=None, headers=()))
    retry = retried_as(letter) if how_closed(letter) else None
    named = () if retry is None else (Header(RETRIED_AS, str(retry).encode()),)
    bare = codec.encode(replace(letter, key=None, value=None, headers=named, detail=""))
    return replace(stamped, record=replace(stamped.record, key=None, value=bare, headers=()))


def without_forgotten(
    stamped: StampedRecord, forgotten: Forgotten, schemas: codec.SchemaSource
) -> StampedRecord:
    """Return a delta as it is, or without client, numbers and losses when its client is forgotten."""
    try:
        delta = codec.decode(DeltaComputed, stamped.record.value, schemas)
    except InvalidMessage:
        return stamped
    if not forgotten.has(delta.client_id):
        return stamped
    bare = replace(delta, client_id=NO_CLIENT, payload=None, content=None, loss_before=0.0, loss_after=0.0)
    return replace(stamped, record=replace(stamped.record, value=codec.encode(bare), headers=()))


def is_bare(delta: DeltaComputed) -> bool:
    """Tell whether this is what an archive keeps of a forgotten client's delta."""
    return delta.client_id == NO_CLIENT and delta.payload is None and delta.content is None


def put_references(store: ArchiveStore, model_id: ModelId, topic: str, found: SwipeClasses) -> Chunk:
    """Store where each swipe of a stretch has to stand."""
    fields = {"offsets": found.offsets.tolist(), "duties": found.duties.tolist()}
    ref = store.put(f"{model_id}/swipe-references", orjson.dumps(fields, option=orjson.OPT_SORT_KEYS))
    return Chunk(topic, found.partition, found.start, found.end, ref)


def get_references(store: ObjectReader, chunk: Chunk) -> SwipeClasses:
    """Read what `put_references` stored."""
    fields = orjson.loads(store.get(chunk.ref))
    offsets, duties = np.array(fields["offsets"], np.int64), np.array(fields["duties"], np.uint8)
    return SwipeClasses(chunk.partition, chunk.start, chunk.end, offsets, duties)


def _keys(found: Archive) -> set[str]:
    return {chunk.ref.key for chunk in (*found.chunks, *found.swipes)}


def _put(
    store: ArchiveStore, model_id: ModelId, place: tuple[str, int], start: int, end: int,
    records: Iterable[StampedRecord],
) -> Chunk:  # fmt: skip
    out = io.BytesIO()
    write_records(out, records)
    return Chunk(*place, start, end, store.put(f"{model_id}/evidence", out.getvalue()))


def _chunks(rows: list[dict[str, Any]]) -> tuple[Chunk, ...]:
    return tuple(Chunk(**{**row, "ref": ObjectRef(**row["ref"])}) for row in rows)
