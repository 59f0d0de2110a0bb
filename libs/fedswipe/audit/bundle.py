"""The folder of an export: record files, objects, and a manifest.json that names the hash of each.

The manifest is one line of canonical JSON with its own hash in front, so no bit of the folder can change
unnoticed. (Who changes all of it can hash all of it: compare the head's hash with one that you trust.)
"""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from fedswipe.audit.finding import Finding, broken
from fedswipe.errors import FedswipeError

MANIFEST = "manifest.json"
OBJECTS = "objects"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Span:
    """Offsets [start, end) of a partition that an export has, and the file that they are in."""

    topic: str
    partition: int
    start: int
    end: int
    file: str


@dataclass(frozen=True)
class Contents:
    """What an export is of, and the SHA-256 of each of its files by its path in the folder."""

    model_id: str
    first: int
    last: int | None
    repeat_span: int
    settled: dict[str, int]
    spans: tuple[Span, ...] = ()
    files: dict[str, str] = field(default_factory=dict)


def write_contents(folder: Path, contents: Contents) -> None:
    """Write the manifest whole or not at all: a folder without one is an export that did not end."""
    body = _canonical(asdict(contents))
    fresh = folder / f"{MANIFEST}.new"
    fresh.write_bytes(_canonical({"contents": asdict(contents), "sha256": hashlib.sha256(body).hexdigest()}))
    fresh.replace(folder / MANIFEST)


def read_contents(folder: Path) -> Contents:
    """Read the manifest. FedswipeError when there is none; TamperedManifest when a bit of it has changed."""
    file = folder / MANIFEST
    if not file.is_file():
        raise FedswipeError(
            f"--from-dir {folder}: no {MANIFEST}; give a folder that `fedswipe audit export` wrote"
        )
    data = file.read_bytes()
    try:
        whole = orjson.loads(data)
        fields = whole["contents"]
        good = hashlib.sha256(_canonical(fields)).hexdigest() == whole["sha256"] and _canonical(whole) == data
        spans = tuple(Span(**span) for span in fields["spans"])
        contents = Contents(**{**fields, "spans": spans})
    except (ValueError, KeyError, TypeError) as error:
        raise TamperedManifest(f"{file}: cannot be read ({error!r})") from error
    if not good:
        raise TamperedManifest(f"{file}: is not what its own hash says")
    return contents


class TamperedManifest(FedswipeError):
    """The manifest has been changed, so nothing can be said of the rest."""


def changed_files(folder: Path, contents: Contents) -> Iterator[Finding]:
    """Yield a finding for each file that is missing, changed, or in the folder without being named."""
    there = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    for name in sorted(there - contents.files.keys() - {MANIFEST}):
        yield broken("strange_file", f"{name}: is not in {MANIFEST}")
    for name, sha256 in sorted(contents.files.items()):
        if name not in there:
            yield broken("missing_file", f"{name}: is in {MANIFEST} and not in the folder")
        elif hash_of(folder / name) != sha256:
            yield broken("changed_file", f"{name}: is not what {MANIFEST} says")


def hash_of(file: Path) -> str:
    """Return the SHA-256 of a file of any size."""
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while block := source.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
