"""The packaged Avro schemas: which event has which, and the fingerprint that names one on the wire."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, get_args

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form
from fastavro.types import Schema

from fedswipe.events import Event

EVENTS: tuple[type, ...] = get_args(Event)
MOST_NESTED = 12  # records, arrays, maps and unions in each other; ours are 5 at most
PRIMITIVES = {"boolean", "int", "long", "float", "double", "bytes", "string"}


def file_stem(event: type) -> str:
    """`SwipeRecorded` -> `swipe-recorded`: the first part of its schemas' file names."""
    return "".join("-" + c.lower() if c.isupper() else c for c in event.__name__).lstrip("-")


@cache
def versions(event: type) -> tuple[str, ...]:
    """Return the JSON of every released schema of an event, version 1 first."""
    folder = resources.files("fedswipe") / "schemas"
    prefix = f"{file_stem(event)}.v"
    found = {
        int(file.name.removeprefix(prefix).removesuffix(".avsc")): file.read_text("utf-8")
        for file in folder.iterdir()
        if file.name.startswith(prefix) and file.name.endswith(".avsc")
    }
    return tuple(found[number] for number in sorted(found))


def check_bounded(text: str) -> None:
    """Raise ValueError unless what this schema writes can be read in time and memory bound by its length.

    A value that takes no byte could be declared any number of times, and a schema that holds itself, or is
    nested deeper than MOST_NESTED, could exhaust the stack. None of our own does.
    """
    _check(json.loads(text), set(), MOST_NESTED)


def _check(schema: Any, known: set[str], levels: int, *, in_union: bool = False) -> None:
    if levels == 0:
        raise ValueError(f"nested deeper than {MOST_NESTED}")
    if isinstance(schema, list):
        for branch in schema:
            _check(branch, known, levels - 1, in_union=True)
    elif isinstance(schema, str):
        if schema == "null" and not in_union:
            raise ValueError("null outside a union: its values would take no byte")
        if schema != "null" and schema not in PRIMITIVES and schema.rpartition(".")[2] not in known:
            raise ValueError(f"{schema}: not a type that is complete before it is used")
    else:
        _check_named(schema, known, levels)


def _check_named(schema: Any, known: set[str], levels: int) -> None:
    match schema["type"]:
        case "record" | "error":
            if not schema["fields"]:
                raise ValueError(f"{schema['name']}: a record without fields would take no byte")
            for field in schema["fields"]:
                _check(field["type"], known, levels - 1)
        case "fixed":
            if schema["size"] < 1:
                raise ValueError(f"{schema['name']}: fixed of no byte")
        case "array":
            _check(schema["items"], known, levels - 1)
        case "map":
            _check(schema["values"], known, levels - 1)
        case "enum":
            pass
        case inner:
            _check(inner, known, levels - 1)
    if "name" in schema:
        known.add(schema["name"].rpartition(".")[2])


@cache
def newest(event: type) -> Schema:
    """Return the newest schema of an event, the one that is written, parsed."""
    return parse(versions(event)[-1])


@cache
def packaged() -> Mapping[bytes, Schema]:
    """Return fingerprint -> parsed schema, for every version of every event in this release."""
    return {fingerprint_of(text): parse(text) for event in EVENTS for text in versions(event)}


def parse(text: str) -> Schema:
    """Parse a schema's JSON; the names it defines live in it alone."""
    return fastavro.parse_schema(json.loads(text), named_schemas={})


def fingerprint_of(text: str) -> bytes:
    """Return the 8 bytes that name a schema: CRC-64-AVRO of its parsing canonical form, little-endian."""
    return bytes.fromhex(fingerprint(to_parsing_canonical_form(json.loads(text)), "CRC-64-AVRO"))
