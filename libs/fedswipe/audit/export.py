"""Writes the evidence of a lineage into a folder that `audit verify --from-dir` proves on its own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fedswipe.audit.bundle import OBJECTS, Contents, Span, hash_of, write_contents
from fedswipe.audit.evidence import Evidence, Kept, ObjectReader
from fedswipe.audit.exported import ExportedEvidence, FolderStore
from fedswipe.audit.links import Fallen, read_links
from fedswipe.audit.record_file import StampedRecord, write_records
from fedswipe.audit.report import Report
from fedswipe.audit.scope import Progress, Scope, quiet
from fedswipe.audit.verify import verify
from fedswipe.chain import Chain
from fedswipe.errors import FedswipeError
from fedswipe.events import Event, ObjectRef
from fedswipe.learning.architecture import Architecture
from fedswipe.topology import (
    CLIENTS,
    GLOBAL_MODELS,
    SCHEMAS,
    SWIPES,
    WEIGHT_DELTAS,
    Lineage,
    Topic,
    dead_letters,
)


def export(
    lineage: Lineage,
    architecture: Architecture,
    evidence: Evidence,
    store: ObjectReader,
    schemas: Iterator[StampedRecord],
    folder: Path,
    scope: Scope,
    progress: Progress = quiet,
) -> Report:
    """Copy what an audit of `scope` needs, and return the audit of the copy.

    `schemas` are the records of the schemas topic. FedswipeError when the folder is not empty or not there
    to be made; what is broken or gone is exported as it is, and the report says so.
    """
    _make(folder)
    settled = evidence.settled_swipes()
    copier = _Copier(evidence, folder, progress)
    copier.write(SCHEMAS.name, 0, Kept(0, 0), schemas)
    for topic, partition, kept in _wanted(lineage, evidence, scope):
        copier.copy(topic, partition, kept)
    contents = Contents(
        *(lineage.model_id, scope.first, scope.last, scope.repeat_span),
        *({str(p): end for p, end in settled.items()}, tuple(copier.spans)),
    )
    copy = ExportedEvidence(folder, contents)
    report = verify(lineage, architecture, copy, CopyingStore(store, folder), scope, progress)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    hashes = {file.relative_to(folder).as_posix(): hash_of(file) for file in files}
    write_contents(folder, replace(contents, files=hashes))
    return report


class CopyingStore:
    """Implements `ObjectReader`: whatever an audit reads through it is in the folder afterwards."""

    def __init__(self, store: ObjectReader, folder: Path) -> None:
        self._store = store
        self._folder = FolderStore(folder)

    def get(self, ref: ObjectRef) -> bytes:
        """Return verified bytes, and keep a copy."""
        data = self._store.get(ref)
        self._keep(ref, data)
        return data

    def unverified(self, ref: ObjectRef) -> bytes:
        """Return what is stored under the key, and keep a copy: the export is as broken as its source."""
        data = self._store.unverified(ref)
        self._keep(ref, data)
        return data

    def _keep(self, ref: ObjectRef, data: bytes) -> None:
        file = self._folder.path(ref)
        if file is None:
            raise FedswipeError(f"{ref.key}: no key of an object; a link names it, so it cannot be exported")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


class _Copier:
    """Writes one file a partition."""

    def __init__(self, evidence: Evidence, folder: Path, progress: Progress) -> None:
        self.spans: list[Span] = []
        self._evidence = evidence
        self._folder = folder
        self._progress = progress

    def copy(self, topic: Topic[Event], partition: int, kept: Kept) -> None:
        """Copy offsets [start, end) of a partition."""
        records = self._evidence.read_stamped(topic, partition, kept.start, kept.end)
        self.write(topic.name, partition, kept, self._counted(records, topic.name, kept))

    def write(self, topic: str, partition: int, kept: Kept, records: Iterator[StampedRecord]) -> None:
        """Write records as a partition's file."""
        name = f"{topic}-{partition}.avro"
        with (self._folder / name).open("wb") as out:
            write_records(out, records)
        self.spans.append(Span(topic, partition, kept.start, kept.end, name))

    def _counted(self, records: Iterator[StampedRecord], name: str, kept: Kept) -> Iterator[StampedRecord]:
        for stamped in records:
            yield stamped
            self._progress(f"copying {name}", stamped.record.offset + 1, kept.end)


def _wanted(lineage: Lineage, evidence: Evidence, scope: Scope) -> Iterator[tuple[Topic[Event], int, Kept]]:
    """Yield what an audit of the scope reads: links, clients, the scope's deltas, letters and swipes."""
    partition = lineage.partition
    yield GLOBAL_MODELS, partition, evidence.kept(GLOBAL_MODELS, partition)
    yield CLIENTS, 0, evidence.kept(CLIENTS, 0)
    kept = evidence.kept(WEIGHT_DELTAS, partition)
    start, end = _deltas(lineage, evidence, scope)
    last = kept.end if end is None else min(kept.end, end)
    yield WEIGHT_DELTAS, partition, Kept(min(last, max(kept.start, start)), last)
    letters = dead_letters(WEIGHT_DELTAS)
    yield letters, partition, evidence.kept(letters, partition)
    for each in range(SWIPES.partitions):
        for topic in (dead_letters(SWIPES), SWIPES):
            yield topic, each, evidence.kept(topic, each)


def _deltas(lineage: Lineage, evidence: Evidence, scope: Scope) -> tuple[int, int | None]:
    chain = Chain(lineage.model_id, lineage.partition)
    for step in read_links(chain, evidence):
        if isinstance(step, Fallen):
            continue  # the export has it, and its audit lists it
    scope.check(len(chain.links), lineage.model_id)
    before, last = chain.link(scope.first - 1), chain.link(scope.last or 0)
    return before.end if before else 0, last.end if last else None


def _make(folder: Path) -> None:
    try:
        (folder / OBJECTS).mkdir(parents=True)
    except OSError as error:
        raise FedswipeError(f"--to {folder}: give a folder that is not there yet ({error})") from error
    if any(file.name != OBJECTS for file in folder.iterdir()):
        raise FedswipeError(f"--to {folder}: is not empty; give a folder that is not there yet")
