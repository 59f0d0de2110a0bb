"""Records of one partition in an Avro object container file (Avro 1.12 specification).

Equal records give equal bytes, so a file can be named by its hash.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import IO, Any

import fastavro

from fedswipe.codec import MALFORMED
from fedswipe.errors import FedswipeError
from fedswipe.events import Header
from fedswipe.kafka.record import Record

BYTES = ["null", "bytes"]
SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "fedswipe.audit.StoredRecord",
        "doc": "One record of one partition, as the broker has it.",
        "fields": [
            {"name": "topic", "type": "string"},
            {"name": "partition", "type": "int"},
            {"name": "offset", "type": "long"},
            {"name": "timestamp", "type": "long", "doc": "the broker's, in ms since 1970"},
            {"name": "key", "type": BYTES},
            {"name": "value", "type": BYTES},
            {
                "name": "headers",
                "type": {
                    "type": "array",
                    "items": {
                        "type": "record",
                        "name": "fedswipe.audit.Header",
                        "fields": [{"name": "name", "type": "string"}, {"name": "value", "type": BYTES}],
                    },
                },
            },
        ],
    }
)
# Any 16 bytes do; a random marker, the library's default, would make equal records unequal files.
MARKER = hashlib.sha256(b"fedswipe.audit").digest()[:16]


@dataclass(frozen=True, slots=True)
class StampedRecord:
    """A record and the broker's time stamp, in ms since 1970: what a copy of the log has to keep."""

    record: Record
    timestamp: int


class UnreadableFile(FedswipeError):
    """This file holds no records, or not whole ones."""


def write_records(out: IO[bytes], records: Iterable[StampedRecord]) -> None:
    """Write records, in order. Not compressed: what is large in them, numbers, does not shrink."""
    fastavro.writer(out, SCHEMA, map(_plain, records), codec="null", sync_marker=MARKER)


def read_records(source: IO[bytes], name: str) -> Iterator[StampedRecord]:
    """Yield what was written. UnreadableFile names the file when it is not whole."""
    if source.read(len(_header())) != _header():
        raise UnreadableFile(f"{name}: does not begin as a file of records does")
    source.seek(0)
    try:
        for fields in fastavro.reader(source):
            yield _stamped(fields)
    except MALFORMED as error:
        raise UnreadableFile(f"{name}: cannot be read as records ({error!r})") from error


@cache
def _header() -> bytes:
    """Return how every such file begins: the format, the schema, the marker."""
    out = io.BytesIO()
    write_records(out, ())
    return out.getvalue()


def _plain(stamped: StampedRecord) -> dict[str, Any]:
    record = stamped.record
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": stamped.timestamp,
        "key": record.key,
        "value": record.value,
        "headers": [{"name": header.name, "value": header.value} for header in record.headers],
    }


def _stamped(fields: Any) -> StampedRecord:
    headers = tuple(Header(header["name"], header["value"]) for header in fields["headers"])
    place = (fields["topic"], fields["partition"], fields["offset"])
    return StampedRecord(Record(*place, fields["key"], fields["value"], headers), fields["timestamp"])
