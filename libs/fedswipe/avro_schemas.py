"""The packaged Avro schemas: which event has which, and the fingerprint that names one on the wire."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import get_args

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form
from fastavro.types import Schema

from fedswipe.events import Event

EVENTS: tuple[type, ...] = get_args(Event)


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
