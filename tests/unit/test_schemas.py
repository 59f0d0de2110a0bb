import json
from pathlib import Path
from typing import Any, get_args

import avro.schema
import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

from fedswipe import avro_schemas, codec
from fedswipe.events import (
    CanaryBy,
    ClientForgotten,
    ClientId,
    ClosedBy,
    DeadLettered,
    DeltaCodec,
    DeltaComputed,
    DeltaId,
    Event,
    GlobalModelPublished,
    Header,
    LinkRef,
    ModelId,
    ObjectRef,
    OffsetRange,
    PredictionServed,
    ServingChange,
    ServingChanged,
    Sha256,
    SwipeId,
    SwipeRecorded,
    TrainingRequested,
    Version,
)
from fedswipe.topology import TOPICS

EXAMPLES = Path(__file__).resolve().parents[2] / "schemas" / "examples"
SHA = Sha256("0123456789abcdef" * 4)
EN, CLIENT = ModelId("swipe-en"), ClientId("client-7")


def ref(kind: str) -> ObjectRef:
    return ObjectRef(f"swipe-en/{kind}/{SHA}", SHA, 1_000)


GOLDEN: list[Event] = [
    SwipeRecorded(
        *(CLIENT, SwipeId("swipe-1"), "qwerty-en", "hello", 360.0, 200.0),
        *((12.5, 14.0), (90.0, 91.25), (0.0, 16.5)),
    ),
    TrainingRequested("request-1", CLIENT, 3, 41),
    DeltaComputed(
        *(DeltaId("delta-1"), EN, Version(7), SHA, CLIENT, OffsetRange(3, 10, 41), (10, 12, 40), 3),
        *(1.5, 0.25, DeltaCodec.FP16, b"\x00\x3c\x00\xbc", None),
    ),
    GlobalModelPublished(
        *(EN, Version(8), SHA, (OffsetRange(0, 100, 132),)),
        *(ref("models"), ref("optimisers"), ref("manifests"), ref("recipes")),
        *(30, 2, 300, ClosedBy.DELTAS, None),
    ),
    ServingChanged(
        *(EN, ServingChange.CANARY, LinkRef(Version(8), SHA), LinkRef(Version(7), SHA)),
        *(0.1, CanaryBy.CLIENT, None, "tried by hand"),
    ),
    PredictionServed(CLIENT, SwipeId("swipe-1"), EN, Version(8), ("hello", "help")),
    ClientForgotten(CLIENT),
    DeadLettered(
        *("fedswipe.weight-deltas.v1", 0, 103, "not_finite", "payload: holds NaN", "aggregator"),
        *(b"swipe-en", b"\xc3\x01", (Header("traceparent", b"00-1"), Header("empty", None))),
    ),
]
VERSIONS = [(kind, n) for kind in avro_schemas.EVENTS for n in range(1, len(avro_schemas.versions(kind)) + 1)]


def example(kind: type, version: int) -> dict[str, Any]:
    name = f"{avro_schemas.file_stem(kind)}.v{version}.json"
    found: dict[str, Any] = json.loads((EXAMPLES / name).read_text("utf-8"))
    return found


def as_json(value: Any) -> Any:
    """A record as JSON: bytes are hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: as_json(one) for name, one in value.items()}
    return [as_json(one) for one in value] if isinstance(value, list) else value


def compatible(reader: str, writer: str) -> bool:
    checker = ReaderWriterCompatibilityChecker()
    found = checker.get_compatibility(avro.schema.parse(reader), avro.schema.parse(writer))
    return bool(found.compatibility is SchemaCompatibilityType.compatible)


@pytest.mark.parametrize("event", GOLDEN, ids=lambda event: type(event).__name__)
def test_the_newest_example_is_what_is_written_today(event: Event) -> None:
    kind = type(event)
    golden = example(kind, len(avro_schemas.versions(kind)))
    data = codec.encode(event)
    assert data.hex() == golden["bytes"]
    assert as_json(codec.decode_record(kind, data, codec.PackagedSchemas())) == golden["record"]


@pytest.mark.parametrize(("kind", "version"), VERSIONS)
def test_every_released_example_is_read(kind: type, version: int) -> None:
    golden = example(kind, version)
    event = codec.decode(kind, bytes.fromhex(golden["bytes"]), codec.PackagedSchemas())
    record = as_json(codec.decode_record(kind, bytes.fromhex(golden["bytes"]), codec.PackagedSchemas()))
    assert isinstance(event, kind)
    assert golden["record"].items() <= record.items()  # a later version may add fields


@pytest.mark.parametrize("kind", avro_schemas.EVENTS)
def test_every_version_reads_every_other(kind: type) -> None:
    released = avro_schemas.versions(kind)
    assert released
    for reader in released:
        for writer in released:
            assert compatible(reader, writer)


V1 = {"type": "record", "name": "A", "fields": [{"name": "a", "type": "long"}]}
ADDED = {"name": "b", "type": "string"}


@pytest.mark.parametrize(
    "other",
    [
        V1 | {"fields": [*V1["fields"], ADDED]},
        V1 | {"fields": [{"name": "a", "type": "string"}]},
        V1 | {"fields": [{"name": "renamed", "type": "long"}]},
    ],
    ids=["a field without a default", "another type", "another name"],
)
def test_the_check_refuses_what_would_break_a_reader(other: dict[str, Any]) -> None:
    assert not compatible(json.dumps(other), json.dumps(V1))


def test_the_check_accepts_a_field_with_a_default() -> None:
    added = json.dumps(V1 | {"fields": [*V1["fields"], ADDED | {"default": ""}]})
    assert compatible(added, json.dumps(V1))
    assert compatible(json.dumps(V1), added)


def test_every_event_has_a_schema_and_an_example_and_no_file_is_left_over() -> None:
    assert {type(event) for event in GOLDEN} == set(get_args(Event))
    assert {topic.event for topic in TOPICS} <= set(get_args(Event))
    names = {f"{avro_schemas.file_stem(kind)}.v{version}" for kind, version in VERSIONS}
    assert {file.stem for file in EXAMPLES.glob("*.json")} == names
    assert {file.stem for file in EXAMPLES.parent.glob("*.avsc")} == names


def test_a_schema_names_its_event_and_each_fingerprint_is_its_own() -> None:
    for kind, version in VERSIONS:
        schema = json.loads(avro_schemas.versions(kind)[version - 1])
        assert (schema["namespace"], schema["name"]) == ("fedswipe", kind.__name__)
    assert len(avro_schemas.packaged()) == len(VERSIONS)


def test_a_fingerprint_is_the_specifications() -> None:
    """The value that the Avro project's own test data give for the schema "null" (CRC-64-AVRO)."""
    assert avro_schemas.fingerprint_of('"null"') == (0x63DD24E7CC258F8A).to_bytes(8, "little")
