"""Avro bytes <-> events, in single-object encoding (Avro 1.12 specification, "Single-object encoding")."""

import io
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, NewType, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

import fastavro
from fastavro.read import SchemaResolutionError
from fastavro.types import Schema

from fedswipe import avro_schemas
from fedswipe.errors import InvalidMessage
from fedswipe.events import Event

MARKER = b"\xc3\x01"
HEADER = len(MARKER) + 8
# What fastavro raises on bytes that do not fit their schema: each is the message's fault.
MALFORMED = (
    *(EOFError, ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError),
    SchemaResolutionError,
)
# Every reason that `decode` gives.
UNREADABLE = frozenset({"empty", "not_single_object", "unknown_schema", "other_event", "malformed"})

E = TypeVar("E", bound=Event)
Convert = Callable[[Any], Any]


class SchemaSource(Protocol):
    """Where a fingerprint becomes its writer's schema."""

    def schema(self, fingerprint: bytes) -> Schema | None:
        """Return the parsed schema these 8 bytes name, or None when no producer has published it."""
        ...


class PackagedSchemas:
    """The schemas that came with this release and no others."""

    def schema(self, fingerprint: bytes) -> Schema | None:
        """Look among every version of every event of this release."""
        return avro_schemas.packaged().get(fingerprint)


def encode(event: Event) -> bytes:
    """Return an event's bytes: marker, fingerprint of the newest schema, Avro body."""
    kind: type = type(event)
    out = io.BytesIO()
    out.write(_header(kind))
    fastavro.schemaless_writer(out, avro_schemas.newest(kind), _to_record(kind)(event))
    return out.getvalue()


def decode(kind: type[E], data: bytes | None, schemas: SchemaSource) -> E:
    """Read an event of this kind, whatever version wrote it. Raises InvalidMessage, as `decode_record`."""
    record = decode_record(kind, data, schemas)
    try:
        return build(kind, record)
    except MALFORMED as error:
        raise InvalidMessage("malformed", f"value: does not fit its schema ({error!r})") from error


def build(kind: type[E], record: dict[str, Any]) -> E:
    """Turn a decoded record into its event; the record is used up."""
    reader: type = kind
    event: E = _from_record(reader)(record)
    return event


def decode_record(kind: type, data: bytes | None, schemas: SchemaSource) -> dict[str, Any]:
    """Read an event's fields as plain values: what a reader of very many events works with.

    Whatever lengths the bytes declare, it takes 200 bytes of memory a byte of them at most, and 1 MB.
    Raises InvalidMessage (`empty`, `not_single_object`, `unknown_schema`, `other_event`, `malformed`).
    """
    if not data:
        raise InvalidMessage("empty", "the record has no value; send one Avro single object a record")
    if len(data) < HEADER or not data.startswith(MARKER):
        raise InvalidMessage("not_single_object", "value: must begin with C3 01 and a schema fingerprint")
    writer = schemas.schema(data[len(MARKER) : HEADER])
    if writer is None:
        name = data[len(MARKER) : HEADER].hex()
        raise InvalidMessage("unknown_schema", f"fingerprint {name}: publish its schema before an event")
    if not isinstance(writer, dict) or writer.get("name") != f"fedswipe.{kind.__name__}":
        raise InvalidMessage("other_event", f"value: this topic holds {kind.__name__} and nothing else")
    record = _read(data, writer)
    if not data.startswith(_header(kind)):
        # Once with the writer's schema alone, because what resolution skips it skips without looking for the
        # end of the data: an array that declares 2^60 items would be skipped for ever.
        record = _read(data, writer, avro_schemas.newest(kind))
    if not isinstance(record, dict):
        raise InvalidMessage("malformed", "value: not a record")
    return record


def _read(data: bytes, writer: Schema, reader: Schema | None = None) -> Any:
    body = io.BytesIO(data)
    body.seek(HEADER)
    try:
        record = fastavro.schemaless_reader(body, writer, reader)
    except MALFORMED as error:
        raise InvalidMessage("malformed", f"value: does not fit its schema ({error!r})") from error
    if body.tell() != len(data):
        raise InvalidMessage("malformed", f"value: {len(data) - body.tell()} bytes behind the event's end")
    return record


@cache
def _header(kind: type) -> bytes:
    return MARKER + avro_schemas.fingerprint_of(avro_schemas.versions(kind)[-1])


@cache
def _to_record(kind: type) -> Convert:
    names = [f.name for f in fields(kind)]
    hints = get_type_hints(kind)
    values = attrgetter(*names) if len(names) > 1 else lambda event: (getattr(event, names[0]),)
    nested = {name: convert for name in names if (convert := _outward(hints[name])) is not None}

    def to_record(event: Any) -> dict[str, Any]:
        record = dict(zip(names, values(event), strict=True))
        for name, convert in nested.items():
            if record[name] is not None:
                record[name] = convert(record[name])
        return record

    return to_record


@cache
def _from_record(kind: type) -> Convert:
    hints = get_type_hints(kind)
    nested = {f.name: convert for f in fields(kind) if (convert := _inward(hints[f.name])) is not None}

    def from_record(record: dict[str, Any]) -> Any:
        for name, convert in nested.items():
            if record[name] is not None:
                record[name] = convert(record[name])
        return kind(**record)

    return from_record


def _plain(hint: Any) -> Any:
    """Strip NewType and Optional from a type hint."""
    if isinstance(hint, NewType):
        return _plain(hint.__supertype__)
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (part for part in get_args(hint) if part is not NoneType)
        return _plain(hint)
    return hint


def _outward(hint: Any) -> Convert | None:
    kind: type = _plain(hint)
    if get_origin(kind) is tuple:
        inner = _outward(get_args(kind)[0])
        return None if inner is None else lambda items: [inner(item) for item in items]
    if is_dataclass(kind):
        return _to_record(kind)
    return None


def _inward(hint: Any) -> Convert | None:
    kind: type = _plain(hint)
    if get_origin(kind) is tuple:
        inner = _inward(get_args(kind)[0])
        return tuple if inner is None else lambda items: tuple(inner(item) for item in items)
    if is_dataclass(kind):
        return _from_record(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    return None
