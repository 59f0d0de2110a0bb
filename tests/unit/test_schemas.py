import json
from collections.abc import Sequence
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
    PrivacySpent,
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
        *(30, 2, 300, ClosedBy.DELTAS, None, SHA, PrivacySpent(3.5, 17.25, 1e-6, Version(2))),
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


def refusals(released: Sequence[str]) -> list[str]:
    """Say which version cannot read which other: the schema, the versions, the field and the reason."""
    return [
        f"{json.loads(reader)['name']}: v{read} cannot read v{written}: {problem}"
        for read, reader in enumerate(released, 1)
        for written, writer in enumerate(released, 1)
        for problem in problems(reader, writer)
    ]


def problems(reader: str, writer: str) -> list[str]:
    """Each place in the reader's schema that stands in the way, by the field's name, and why."""
    checker = ReaderWriterCompatibilityChecker()
    found = checker.get_compatibility(avro.schema.parse(reader), avro.schema.parse(writer))
    if found.compatibility is SchemaCompatibilityType.compatible:
        return []
    fields = sorted({named(json.loads(reader), place) for place in found.locations})
    kinds = ", ".join(sorted(kind.name for kind in found.incompatibilities))
    return [f"{', '.join(fields)}: {kinds}: {'; '.join(sorted(found.messages))}"]


def named(schema: Any, place: str) -> str:
    """The fields on the way to a place like /fields/1/type."""
    names = []
    for step in filter(None, place.split("/")):
        schema = schema[int(step)] if isinstance(schema, list) else schema.get(step, {})
        if isinstance(schema, dict) and "name" in schema and "type" in schema:
            names.append(schema["name"])
    return "field " + ".".join(names) if names else f"at {place}"


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
    assert refusals(released) == [], "see schemas/README.md for how a schema may change"


V1 = {"type": "record", "name": "A", "fields": [{"name": "a", "type": "long"}]}
ADDED = {"name": "b", "type": "string"}


def v2(*fields: dict[str, Any]) -> list[str]:
    return [json.dumps(V1), json.dumps(V1 | {"fields": list(fields)})]


A = V1["fields"][0]
RENAMED = {"name": "renamed", "type": "long"}
OPTIONAL = ADDED | {"type": ["null", "string"], "default": None}
ONE, TWO = ({"name": "e", "type": {"type": "enum", "name": "E", "symbols": s}} for s in (["X"], ["X", "Y"]))


@pytest.mark.parametrize(
    ("released", "field", "reason"),
    [
        (v2(A, ADDED), "v2 cannot read v1: field b", "reader_field_missing_default_value"),
        (v2({"name": "a", "type": "string"}), "v1 cannot read v2: field a", "type_mismatch"),
        (v2(RENAMED), "v1 cannot read v2: field a", "missing_default_value"),
        (
            v2(RENAMED),
            "v2 cannot read v1: field renamed",
            "missing_default_value",
        ),
        (v2(), "v1 cannot read v2: field a", "missing_default_value"),
        (
            [json.dumps(V1 | {"fields": [ONE]}), json.dumps(V1 | {"fields": [TWO]})],
            "v1 cannot read v2: field e",
            "missing_enum_symbols",
        ),
    ],
    ids=["no default", "another type", "renamed", "renamed back", "removed without default", "new symbol"],
)
def test_what_would_break_a_reader_is_refused_by_schema_field_and_reason(
    released: list[str], field: str, reason: str
) -> None:
    told = refusals(released)
    assert any(one.startswith(f"A: {field}") and reason in one for one in told), told


@pytest.mark.parametrize(
    "released",
    [
        v2(A, ADDED | {"default": ""}),
        [
            json.dumps(V1 | {"fields": [A, ADDED | {"type": ["null", "string"], "default": None}]}),
            json.dumps(V1),
        ],
    ],
    ids=["added with a default", "removed, had a default"],
)
def test_what_breaks_no_reader_is_accepted(released: list[str]) -> None:
    assert refusals(released) == []


def test_the_check_fails_for_an_incompatible_version_of_a_real_schema() -> None:
    """What `make check` prints then names schema, versions, field and reason."""
    released = avro_schemas.versions(SwipeRecorded)
    newer = json.loads(released[-1])
    newer["fields"].append({"name": "finger", "type": "int"})
    (told,) = refusals([*released, json.dumps(newer)])
    number = len(released) + 1
    assert told.startswith(f"SwipeRecorded: v{number} cannot read v{number - 1}: field finger: ")
    assert "reader_field_missing_default_value" in told


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
