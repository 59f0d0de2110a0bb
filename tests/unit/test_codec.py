import io
import json
import tracemalloc
from dataclasses import fields
from typing import Any, get_args

import fastavro
import pytest
from fastavro.types import Schema
from hypothesis import given
from hypothesis import strategies as st

from fedswipe import avro_schemas, codec
from fedswipe.codec import PackagedSchemas, decode, encode
from fedswipe.errors import InvalidMessage
from fedswipe.events import (
    ClientForgotten,
    ClientId,
    DeadLettered,
    DeltaComputed,
    Event,
    SwipeRecorded,
    TrainingRequested,
)

KINDS: tuple[Any, ...] = get_args(Event)
LONG = st.integers(-(2**63), 2**63 - 1)
FLOAT = st.floats(width=32, allow_nan=False)
OVERRIDES: dict[str, Any] = {
    "width": FLOAT,
    "height": FLOAT,
    "x": st.lists(FLOAT, max_size=5).map(tuple),
    "y": st.lists(FLOAT, max_size=5).map(tuple),
    "t": st.lists(FLOAT, max_size=5).map(tuple),
}
st.register_type_strategy(int, LONG)
st.register_type_strategy(float, st.floats(allow_nan=False))
st.register_type_strategy(str, st.text(st.characters(codec="utf-8"), max_size=20))


def events_of(kind: Any) -> st.SearchStrategy[Any]:
    names = {field.name for field in fields(kind)}
    return st.builds(kind, **{name: one for name, one in OVERRIDES.items() if name in names})


EVENTS = st.one_of([events_of(kind) for kind in KINDS])
EXAMPLE = encode(ClientForgotten(ClientId("client")))


@given(EVENTS)
def test_an_event_comes_back(event: Event) -> None:
    assert decode(type(event), encode(event), PackagedSchemas()) == event


def refusal(kind: Any, data: bytes | None) -> str:
    with pytest.raises(InvalidMessage) as refused:
        decode(kind, data, PackagedSchemas())
    assert refused.value.detail
    return refused.value.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b"\x00\x00\x00\x00\x05hello", "not_single_object"),
        (EXAMPLE[:9], "not_single_object"),
        (b"{}", "not_single_object"),
        (EXAMPLE[:2] + b"unheard!" + EXAMPLE[10:], "unknown_schema"),
        (encode(TrainingRequested("r", None, 0, 0)), "other_event"),
        (EXAMPLE[:-1], "malformed"),
        (EXAMPLE[:10], "malformed"),
        (EXAMPLE + b"\x00", "malformed"),
        (EXAMPLE[:10] + b"\x04\xff\xfe", "malformed"),
    ],
)
def test_what_is_no_event_has_a_stable_reason(data: bytes | None, reason: str) -> None:
    assert refusal(ClientForgotten, data) == reason


@given(st.sampled_from(KINDS), st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_and_nothing_else_happens(kind: Any, body: bytes) -> None:
    for data in (body, encode_header(kind) + body):
        try:
            event = decode(kind, data, PackagedSchemas())
        except InvalidMessage:
            continue
        assert isinstance(event, kind)


@given(EVENTS, st.data())
def test_flipped_bits_are_another_event_or_refused(event: Event, data: st.DataObject) -> None:
    flipped = bytearray(encode(event))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(flipped) - 1))
        flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = decode(type(event), bytes(flipped), PackagedSchemas())
    except InvalidMessage:
        return
    assert isinstance(found, type(event))


@given(EVENTS, st.data())
def test_a_cut_event_is_refused(event: Event, data: st.DataObject) -> None:
    whole = encode(event)
    assert refusal(type(event), whole[: data.draw(st.integers(0, len(whole) - 1))])


def encode_header(kind: Any) -> bytes:
    return codec.MARKER + avro_schemas.fingerprint_of(avro_schemas.versions(kind)[-1])


def long(value: int) -> bytes:
    """Avro's zigzag variable-length integer."""
    coded = (value << 1) ^ (value >> 63)
    out = bytearray()
    while coded > 0x7F:
        out.append(coded & 0x7F | 0x80)
        coded >>= 7
    return bytes([*out, coded])


def text(value: str) -> bytes:
    return long(len(value)) + value.encode()


HUGE = 2**40
DELTA = b"".join([*map(text, ("d", "m")), long(1), *map(text, ("b", "c")), long(0), long(0), long(1)])


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (DeltaComputed, DELTA + long(HUGE) + long(1)),
        (DeltaComputed, DELTA + long(-HUGE) + long(8) + long(1)),
        (ClientForgotten, long(HUGE) + b"c"),
        (ClientForgotten, long(-HUGE) + b"c"),
        (SwipeRecorded, b"".join(map(text, "cs")) + text("l") + long(0) + bytes(8) + long(HUGE) + bytes(8)),
        (DeadLettered, text("t") + long(0) * 2 + text("r") * 3 + long(1) + long(HUGE) + b"key"),
    ],
    ids=["array", "array by blocks", "string", "negative string", "floats", "bytes"],
)
def test_a_declared_length_costs_no_memory(kind: Any, body: bytes) -> None:
    tracemalloc.start()
    try:
        assert refusal(kind, encode_header(kind) + body) == "malformed"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


class Published:
    """A schema source that knows one writer's schema more."""

    def __init__(self, text: str) -> None:
        self.fingerprint = avro_schemas.fingerprint_of(text)
        self._schema = avro_schemas.parse(text)

    def schema(self, fingerprint: bytes) -> Schema | None:
        return self._schema if fingerprint == self.fingerprint else None


def written_by(schema: dict[str, Any], record: dict[str, Any]) -> tuple[bytes, Published]:
    published, out = Published(json.dumps(schema)), io.BytesIO()
    fastavro.schemaless_writer(out, avro_schemas.parse(json.dumps(schema)), record)
    return codec.MARKER + published.fingerprint + out.getvalue(), published


def test_a_newer_producers_event_is_read_without_what_we_do_not_know() -> None:
    newer = json.loads(avro_schemas.versions(ClientForgotten)[-1])
    newer["fields"].append({"name": "why", "type": "string", "default": ""})
    data, published = written_by(newer, {"client_id": "c", "why": "asked"})
    assert decode(ClientForgotten, data, published) == ClientForgotten(ClientId("c"))
    assert refusal(ClientForgotten, data) == "unknown_schema"


def test_a_writer_that_does_not_fit_is_refused() -> None:
    other = json.loads(avro_schemas.versions(ClientForgotten)[-1])
    other["fields"][0]["name"] = "renamed"
    data, published = written_by(other, {"renamed": "c"})
    with pytest.raises(InvalidMessage, match="malformed"):
        decode(ClientForgotten, data, published)
