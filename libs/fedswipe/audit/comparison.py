"""Compares what a link names with what was recomputed, and says where they differ."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from fedswipe.audit.finding import Finding, broken
from fedswipe.audit.shelf import Stored
from fedswipe.audit.tensors import differing
from fedswipe.errors import FedswipeError
from fedswipe.events import ClosedBy, GlobalModelPublished, OffsetRange
from fedswipe.learning import optimizer
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.manifest import Entry, Manifest
from fedswipe.learning.optimizer import Trained
from fedswipe.learning.verdict import Verdict
from fedswipe.learning.weights import to_bytes
from fedswipe.learning.window import Window
from fedswipe.topology import WEIGHT_DELTAS

SHOWN = 5  # differing records that a text names; the finding's offsets span all


@dataclass(frozen=True)
class Made:
    """A link's objects as they were recomputed; None for what was not."""

    model: bytes | None
    optimizer: bytes | None
    manifest: Manifest | None

    @classmethod
    def of(cls, trained: Trained | None, manifest: Manifest, architecture: Architecture) -> Self:
        """Take a window's model, None where it could not be made, and its manifest."""
        if trained is None:
            return cls(None, None, manifest)
        model = to_bytes(architecture.split(trained.weights))
        return cls(model, optimizer.state_to_bytes(trained.state), manifest)

    def fits(self, event: GlobalModelPublished) -> bool:
        """Tell whether model and state are those that the link names."""
        pairs = ((self.model, event.model), (self.optimizer, event.optimizer))
        return all(data is not None and sha256(data) == ref.sha256 for data, ref in pairs)


def compare(event: GlobalModelPublished, objects: Mapping[str, Stored], made: Made) -> Iterator[Finding]:
    """Yield what is missing in the store, changed there, or not what follows from the log."""
    recomputed = {"model": made.model, "optimiser": made.optimizer}
    recomputed["manifest"] = None if made.manifest is None else made.manifest.to_bytes()
    for what, stored in objects.items():
        data = recomputed.get(what)
        if stored.data is None:
            detail = f"its {what} {stored.ref.key} is not in the store"
            yield broken("missing_object", detail, event.version)
        elif not stored.whole:
            names = _tensors(what, data, stored)
            detail = f"its {what} {stored.ref.key} is not what its name says{_named(names)}"
            yield broken("changed_object", detail, event.version, tensors=names)
        if data is not None and sha256(data) != stored.ref.sha256:
            yield _other(what, data, stored, event)


def compare_counts(event: GlobalModelPublished, entries: Sequence[Entry], examples: int) -> Iterator[Finding]:
    """Yield a finding when the link's own numbers are not those of its records."""
    folded = sum(entry.verdict is Verdict.FOLDED for entry in entries)
    counted = (folded, len(entries) - folded, examples)
    said = (event.folded, event.refused, event.examples)
    if counted != said:
        detail = f"it says folded, refused, examples = {said}; its records say {counted}"
        yield broken("other_counts", detail, event.version)


def compare_closing(event: GlobalModelPublished, window: Window) -> Iterator[Finding]:
    """Yield a finding when the link's window ended neither where its recipe says nor by time."""
    said, now = event.closed_by, window.full
    if event.rollback_to is not None:
        fits = said is ClosedBy.ROLLBACK
    else:
        fits = bool(window.entries) and said is (now or ClosedBy.TIME)
    if not fits:
        detail = f"closed by {said} after {len(window.entries)} records, which {now or 'no count'} says"
        yield broken("other_closing", detail, event.version)


def sha256(data: bytes) -> str:
    """Return the hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def _other(what: str, made: bytes, stored: Stored, event: GlobalModelPublished) -> Finding:
    if what != "manifest":
        names = _tensors(what, made, stored)
        detail = f"the {what} it names is not the one that its deltas make{_named(names)}"
        return broken(f"other_{what}", detail, event.version, tensors=names)
    try:
        said = Manifest.from_bytes(stored.data or b"{}")
    except FedswipeError:
        said = Manifest(())
    return _other_manifest(said, Manifest.from_bytes(made), event)


def _other_manifest(said: Manifest, made: Manifest, event: GlobalModelPublished) -> Finding:
    told, found = ({entry.offset: entry for entry in manifest.entries} for manifest in (said, made))
    wrong = sorted(at for at in told.keys() | found.keys() if told.get(at) != found.get(at))
    texts = [f"{at}: {_verdict(told.get(at))}, recomputed {_verdict(found.get(at))}" for at in wrong[:SHOWN]]
    more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    partition = event.ranges[0].partition
    at = OffsetRange(partition, wrong[0], wrong[-1] + 1) if wrong else event.ranges[0]
    detail = f"its manifest has other verdicts, at offset {'; '.join(texts)}{more}"
    if not wrong:
        ends = f"{said.clients_end}, by the log {made.clients_end}"
        detail = f"its manifest says that it knew the forgotten clients up to offset {ends}"
    return broken("other_manifest", detail, event.version, topic=WEIGHT_DELTAS.name, offsets=at)


def _verdict(entry: Entry | None) -> str:
    return "no record" if entry is None else f"{entry.verdict} with weight {entry.weight}"


def _tensors(what: str, made: bytes | None, stored: Stored) -> tuple[str, ...]:
    if made is None or stored.data is None or what not in ("model", "optimiser"):
        return ()
    return differing(made, stored.data)


def _named(names: tuple[str, ...]) -> str:
    return f": {', '.join(names[:SHOWN])}{' ...' if len(names) > SHOWN else ''}" if names else ""
