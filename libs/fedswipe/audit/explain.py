"""Says what a version is made of: each delta with its weight and norm, its verdict, and its swipes."""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fedswipe.audit.archive import is_bare
from fedswipe.audit.delta_record import DeltaRecord
from fedswipe.audit.evidence import Evidence, ObjectReader
from fedswipe.audit.letters import read_letters
from fedswipe.audit.links import Step, event_of, read_links
from fedswipe.chain import Chain
from fedswipe.errors import FedswipeError, InvalidMessage
from fedswipe.events import DeltaComputed, GlobalModelPublished, OffsetRange
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import decode_delta, names_content
from fedswipe.learning.manifest import Entry, Manifest
from fedswipe.modelstore.port import ContentMismatch, ObjectMissing
from fedswipe.topology import WEIGHT_DELTAS, Lineage

Name = Callable[[str], str]


class NoSuchVersion(FedswipeError):
    """The lineage has no such version."""


@dataclass(frozen=True, slots=True)
class ExplainedDelta:
    """One record of the window. What stands in the delta itself is None when it is gone or unreadable.

    `share` of the folded weights, in [0, 1]; `norm` is the L2 norm; `letter` the dead letter's reason.
    """

    offset: int
    delta_id: str
    verdict: str
    weight: int
    share: float
    letter: str | None
    client: str | None = None
    examples: int | None = None
    base_version: int | None = None
    staleness: int | None = None
    norm: float | None = None
    loss_before: float | None = None
    loss_after: float | None = None
    swipes: OffsetRange | None = None
    swipe_offsets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A version that a rollback left behind."""

    version: int
    folded: int
    examples: int


@dataclass(frozen=True)
class Explanation:
    """A version: its link, the deltas that it settles, and what a rollback takes back."""

    event: GlobalModelPublished
    sha256: str
    offset: int
    deltas: tuple[ExplainedDelta, ...]
    taken_back: tuple[TakenBack, ...]


def explain(
    lineage: Lineage,
    architecture: Architecture,
    evidence: Evidence,
    store: ObjectReader,
    version: int,
    name: Name = str,
) -> Explanation:
    """Gather it from the log and the store; `name` turns a client's id into what is shown of it.

    Raises NoSuchVersion.
    """
    chain, step = _find(lineage, evidence, version)
    event = step.event
    entries = Manifest.from_bytes(store.get(event.manifest)).entries
    start, end = (step.parent.end if step.parent else step.link.end), step.link.end
    reasons = {x.offset: x.reason for x in read_letters(evidence, WEIGHT_DELTAS, chain.partition)
               if start <= x.offset < end}  # fmt: skip
    plain = {entry.offset: _plain(entry, entries, reasons.get(entry.offset)) for entry in entries}
    for record in evidence.read(WEIGHT_DELTAS, chain.partition, start, end) if entries else ():
        delta = DeltaRecord.of(record, evidence.schemas).delta
        if delta is not None and record.offset in plain:
            age, norm = version - 1 - delta.base_version, _norm(delta, architecture, store)
            plain[record.offset] = _explained(plain[record.offset], delta, age, norm, name)
    deltas = tuple(plain.values())
    return Explanation(event, step.link.sha256, step.link.offset, deltas, tuple(_back(chain, step, evidence)))


def pseudonym(key: bytes) -> Name:
    """Return what turns a client's id into a name that only this key leads back to (HMAC-SHA256)."""
    return lambda client: hmac.new(key, client.encode(), hashlib.sha256).hexdigest()[:16]


def _find(lineage: Lineage, evidence: Evidence, version: int) -> tuple[Chain, Step]:
    chain, found = Chain(lineage.model_id, lineage.partition), None
    for step in read_links(chain, evidence):
        if isinstance(step, Step) and step.link.version == version:
            found = step
    if found is None:
        head = len(chain.links)
        raise NoSuchVersion(
            f"VERSION {version}: {lineage.model_id} has versions 1 to {head}; give one of them"
        )
    return chain, found


def _plain(entry: Entry, entries: Sequence[Entry], letter: str | None) -> ExplainedDelta:
    total = sum(one.weight for one in entries)
    share = entry.weight / total if total else 0.0
    return ExplainedDelta(entry.offset, entry.delta_id, str(entry.verdict), entry.weight, share, letter)


def _explained(
    plain: ExplainedDelta, delta: DeltaComputed, age: int, norm: float | None, name: Name
) -> ExplainedDelta:
    return replace(
        plain,
        client=None if is_bare(delta) else name(delta.client_id),
        examples=delta.examples,
        base_version=delta.base_version,
        staleness=age,
        norm=norm,
        loss_before=delta.loss_before,
        loss_after=delta.loss_after,
        swipes=delta.swipes,
        swipe_offsets=delta.swipe_offsets,
    )


def _norm(delta: DeltaComputed, architecture: Architecture, store: ObjectReader) -> float | None:
    """Return None where there are no such numbers: not in the event, or not in the store."""
    named = names_content(delta, architecture.sizes)
    try:
        payload = store.get(delta.content) if delta.content is not None and named else delta.payload
        values = decode_delta(payload or b"", delta.codec, architecture.sizes)
    except (InvalidMessage, ObjectMissing, ContentMismatch):
        return None
    norm = float(np.sqrt(np.sum(np.square(values.astype(np.float64)))))
    return norm if np.isfinite(norm) else None


def _back(chain: Chain, step: Step, evidence: Evidence) -> Iterator[TakenBack]:
    """Yield the versions of the parent's line that the rollback's own line does not have, newest first."""
    if step.event.rollback_to is None or step.parent is None:
        return
    kept = {link.version for link in chain.line(step.link)}
    for link in chain.line(step.parent):
        if link.version in kept:
            return
        event = event_of(chain, link.version, evidence)
        yield TakenBack(link.version, event.folded, event.examples)
