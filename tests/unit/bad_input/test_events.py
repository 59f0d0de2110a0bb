"""Avro events that somebody else made: the documented error and no other, in bounded memory.

FEDSWIPE_RUNS sets how many inputs are tried.
"""

import json
from typing import Any

import pytest
from fastavro.types import Schema

from fedswipe import avro_schemas, codec
from fedswipe.errors import InvalidMessage
from fedswipe.events import ClientForgotten, DeadLettered, Header
from fedswipe.testing.bad_input import MB, memory_below


def long(value: int) -> bytes:
    """Avro's zigzag variable-length integer."""
    coded, out = (value << 1) ^ (value >> 63), bytearray()
    while coded > 0x7F:
        out.append(coded & 0x7F | 0x80)
        coded >>= 7
    return bytes([*out, coded])


class Known:
    """A schema source that knows one more schema, unless it is refused as the topic's reader refuses it."""

    def __init__(self, text: str) -> None:
        self.fingerprint = avro_schemas.fingerprint_of(text)
        self._parsed = avro_schemas.parse(text)

    def schema(self, fingerprint: bytes) -> Schema | None:
        return self._parsed if fingerprint == self.fingerprint else None


def newer(added: Any) -> str:
    """A schema of ClientForgotten with one field more."""
    schema = json.loads(avro_schemas.versions(ClientForgotten)[-1])
    schema["fields"].append({"name": "added", "type": added})
    return json.dumps(schema)


@pytest.mark.parametrize(
    ("added", "body"),
    [
        ({"type": "array", "items": "float"}, long(2**60) + b"abcd"),
        ({"type": "array", "items": "float"}, long(-(2**60)) + long(2**60) + b"abcd"),
        ({"type": "map", "values": "long"}, long(2**60) + b"\x02a\x02"),
        ("bytes", long(2**60)),
        ({"type": "fixed", "name": "F", "size": 2**40}, b"abcd"),
    ],
    ids=["array", "array by blocks", "map", "bytes", "fixed"],
)
def test_what_a_newer_schema_adds_may_declare_any_length_and_costs_nothing(added: Any, body: bytes) -> None:
    """Resolution skips the field that we do not know: it used to skip 2^60 items one by one."""
    known = Known(newer(added))
    data = codec.MARKER + known.fingerprint + b"\x02c" + body
    with memory_below(MB), pytest.raises(InvalidMessage, match="malformed"):
        codec.decode(ClientForgotten, data, known)


RECURSIVE = {"type": "record", "name": "Nest", "fields": [{"name": "in", "type": ["null", "Nest"]}]}


def nested(levels: int) -> Any:
    return "long" if levels == 0 else {"type": "array", "items": nested(levels - 1)}


@pytest.mark.parametrize(
    ("added", "why"),
    [
        ({"type": "array", "items": "null"}, "no byte"),
        ({"type": "array", "items": {"type": "record", "name": "E", "fields": []}}, "no byte"),
        ({"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}, "no byte"),
        (RECURSIVE, "complete before it is used"),
        (nested(avro_schemas.MOST_NESTED), "nested deeper"),
        (nested(900), "nested deeper"),
    ],
    ids=["nulls", "empty records", "fixed of nothing", "in itself", "deep", "very deep"],
)
def test_a_schema_whose_values_are_unbounded_is_not_taken(added: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        avro_schemas.check_bounded(newer(added))


@pytest.mark.parametrize("kind", avro_schemas.EVENTS)
def test_our_own_schemas_are_bounded(kind: type) -> None:
    for text in avro_schemas.versions(kind):
        avro_schemas.check_bounded(text)


def test_an_event_takes_no_more_memory_than_is_stated() -> None:
    """Headers are what grows most: two bytes on the wire are a dict of two."""
    data = codec.encode(DeadLettered("", 0, 0, "", "", "", None, None, (Header("", None),) * 20_000))
    with memory_below(200 * len(data) + MB):
        codec.decode(DeadLettered, data, codec.PackagedSchemas())
