"""Every decoder on bytes that somebody else made: the documented error and no other, in bounded memory.

FEDSWIPE_RUNS sets how many inputs are tried.
"""

import io
import json
import os
import struct
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastavro.types import Schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedswipe import avro_schemas, codec
from fedswipe.datasets import how_we_swipe
from fedswipe.datasets.touch_log import HEADER, find_runs, read_touch_log
from fedswipe.errors import FedswipeError, InvalidMessage
from fedswipe.events import ClientForgotten, DeadLettered, DeltaCodec, Header
from fedswipe.http.body import read_json
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import decode_delta
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.optimizer import state_from_bytes, state_to_bytes, weights_from_bytes
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.weights import WeightsError, from_bytes
from fedswipe.swipe.layout import load_layout

RUNS = int(os.environ.get("FEDSWIPE_RUNS", "25"))
MB = 1_000_000
tried = settings(
    max_examples=RUNS,
    deadline=None,
    derandomize="FEDSWIPE_RUNS" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


class TinyArchitecture(Architecture):
    network_shapes = {"weight": (2,)}  # type: ignore[assignment]  # noqa: RUF012  (a constant here)


TINY = TinyArchitecture(load_layout("qwerty-en"))


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit


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


# --- events -----------------------------------------------------------------------------------------------


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


# --- tensors ----------------------------------------------------------------------------------------------


def tensors(header: Any, body: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def tensor(dtype: str, shape: list[int], end: int) -> dict[str, Any]:
    return {"weight": {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}}


BROKEN_TENSORS = [
    b"",
    tensors(b"{}", length=2**63),
    tensors(b"{}", length=2**40),
    tensors({}),
    tensors([1]),
    tensors(b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
    tensors(tensor("F32", [2**40], 4), b"abcd"),
    tensors(tensor("F32", [0, 2**62], 0)),
    tensors(tensor("F32", [2**62, 4], 0)),
    tensors(tensor("BF16", [2], 4), b"abcd"),
    tensors(tensor("F32", [1] * 70, 4), b"abcd"),
    tensors(tensor("C64", [1], 8), b"abcdefgh"),
    tensors({f"{n}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(500)}),
]


@pytest.mark.parametrize("data", BROKEN_TENSORS, ids=range(len(BROKEN_TENSORS)))
def test_what_is_no_model_and_no_state_is_refused_within_bounds(data: bytes) -> None:
    with memory_below(30 * len(data) + MB):
        with pytest.raises(WeightsError):
            from_bytes(data, TINY)
        with pytest.raises(FedswipeError):
            weights_from_bytes(data, TINY)
        if data != tensors({}):  # which is the state of an optimiser that remembers nothing
            with pytest.raises(FedswipeError):
                state_from_bytes(data)


WHOLE_STATE = state_to_bytes({"m": np.arange(3.0), "v": np.ones(3)})
HEADERS = st.dictionaries(
    st.sampled_from(["weight", "m", "__metadata__"]),
    st.fixed_dictionaries(
        {
            "dtype": st.sampled_from(["F32", "F64", "F16", "BF16", "I64", "BOOL", "F8_E4M3", "U64", "X"]),
            "shape": st.lists(st.integers(-1, 2**62), max_size=4),
            "data_offsets": st.lists(st.integers(0, 2**62) | st.integers(0, 16), min_size=2, max_size=2),
        }
    ),
)


@tried
@given(
    st.one_of(st.binary(max_size=80), st.builds(tensors, HEADERS, st.binary(max_size=16)), st.none()),
    st.data(),
)
def test_any_bytes_are_a_model_a_state_or_refused(data: bytes | None, draw: st.DataObject) -> None:
    if data is None:
        data = flipped(WHOLE_STATE, draw)
    attempts: list[tuple[Callable[[bytes], object], type[Exception]]] = [
        (lambda found: from_bytes(found, TINY), WeightsError),
        (lambda found: weights_from_bytes(found, TINY), FedswipeError),
        (state_from_bytes, FedswipeError),
    ]
    for read, error in attempts:
        try:
            read(data)
        except error:
            continue


def flipped(whole: bytes, draw: st.DataObject) -> bytes:
    data = bytearray(whole)
    for _ in range(draw.draw(st.integers(1, 3))):
        data[draw.draw(st.integers(0, len(data) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    return bytes(data)


@tried
@given(st.binary(max_size=64), st.sampled_from(list(DeltaCodec)), st.integers(0, 2**40))
def test_a_delta_is_of_the_size_it_should_have_or_refused(data: bytes, how: DeltaCodec, size: int) -> None:
    with memory_below(MB):
        try:
            assert decode_delta(data, how, size).shape == (size,)
        except InvalidMessage:
            return


# --- JSON -------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ENTRIES = st.fixed_dictionaries(
    {"entries": JSON | st.lists(st.lists(JSON, min_size=4, max_size=4), max_size=2)}
)
RECIPES = st.fixed_dictionaries({}, optional=dict.fromkeys(json.loads(Recipe().to_bytes()), JSON))


@tried
@given(
    st.one_of(JSON, ENTRIES, RECIPES).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)
)
def test_any_bytes_are_a_manifest_a_recipe_or_refused(data: bytes) -> None:
    for read in (Manifest.from_bytes, Recipe.from_bytes):
        try:
            read(data)
        except FedswipeError:
            continue


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"entries":' * 100_000, b"[" * 900 + b"]" * 900])
def test_deep_json_is_refused_within_bounds(deep: bytes) -> None:
    with memory_below(30 * len(deep) + MB):
        for read in (Manifest.from_bytes, Recipe.from_bytes, read_json):
            try:
                read(deep)
            except FedswipeError:
                continue


# --- logs of touches --------------------------------------------------------------------------------------

FIELDS = st.sampled_from(
    [
        "touchstart",
        "touchmove",
        "touchend",
        "hello",
        "0",
        "1",
        "-1",
        "1.5",
        "9" * 400,
        ".",
        "-",
        "",
        "nan",
        "\x00",
    ]
)
LINES = st.lists(st.lists(FIELDS, min_size=9, max_size=15).map(" ".join), max_size=12)
TOUCHES = LINES.map(lambda lines: HEADER + b"\n" + "\n".join(lines).encode())


@tried
@given(TOUCHES | st.binary(max_size=200).map(lambda rest: HEADER + rest) | st.binary(max_size=200))
def test_any_text_is_a_log_or_refused(text: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            person = how_we_swipe.read_person("p", text)
        except ValueError:
            return
    assert all(np.isfinite(swipe.gesture.points).all() for swipe in person.swipes)


@pytest.mark.parametrize("number", ["9" * 400, "0." + "9" * 400, "1" + "0" * 15])
def test_a_number_that_is_none_makes_its_line_unfit(number: str) -> None:
    line = f"s {number} 400 200 touchstart 1 1 1 1 0 hello 0\n".encode()
    person = how_we_swipe.read_person("p", HEADER + b"\n" + line * 6)
    assert person.swipes == []
    assert sum(person.left_out.values()) == 6


def test_a_log_of_nothing_but_line_ends_takes_no_more_memory_than_is_stated() -> None:
    text = HEADER + b"\n" * 400_000 + b" " * 11
    with memory_below(6 * len(text) + MB):
        find_runs(read_touch_log(text))


def zipped(content: bytes, folder: Path, name: str = "a.log") -> Path:
    path = folder / "logs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


def test_a_bomb_is_unpacked_no_further_than_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(how_we_swipe, "LARGEST_LOG", 10_000)
    path = zipped(HEADER + b"\n" * 20_000_000, tmp_path)
    assert path.stat().st_size < 50_000
    with memory_below(MB), pytest.raises(ValueError, match="more than 10,000 bytes"):
        list(how_we_swipe.read_people(path))


@tried
@given(st.data())
def test_a_damaged_archive_is_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.log", HEADER + b"\n1 2 3 4 touchstart 5 6 7 8 9 word 0\n" * 3)
    path = tmp_path_factory.mktemp("zip") / "logs.zip"
    path.write_bytes(flipped(out.getvalue(), data))
    try:
        list(how_we_swipe.read_people(path))
    except ValueError:
        return
