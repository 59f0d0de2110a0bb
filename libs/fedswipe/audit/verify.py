"""The audit: from the log and the store alone, whether a lineage is proven.

Memory does not grow with the lineage but for what a chain keeps of a link (320 bytes), one byte for each
offset of the deltas in scope, and one for each offset of the swipes that is still in its topic.
"""

import time
from collections.abc import Iterator

from fedswipe.audit.evidence import Evidence, ObjectReader
from fedswipe.audit.finding import Finding
from fedswipe.audit.letters import read_letters
from fedswipe.audit.report import Report
from fedswipe.audit.scope import Progress, Scope, quiet
from fedswipe.audit.swipe_ledger import SwipeLedger
from fedswipe.audit.swipes import SwipeAudit, kept_swipes
from fedswipe.audit.walk import LineageWalk
from fedswipe.learning.architecture import Architecture
from fedswipe.topology import SWIPES, WEIGHT_DELTAS, Lineage, dead_letters


def verify(
    lineage: Lineage,
    architecture: Architecture,
    evidence: Evidence,
    store: ObjectReader,
    scope: Scope,
    progress: Progress = quiet,
) -> Report:
    """Recompute a lineage and judge its letters and swipes.

    Raises BrokerUnavailable or StoreUnavailable when nothing can be said, FedswipeError for a scope of
    versions that are not there.
    """
    began = time.monotonic()
    settled = evidence.settled_swipes()  # before the deltas: those of these swipes were written with it
    references = {p: evidence.swipe_references(p) for p in range(SWIPES.partitions)}
    kept = kept_swipes(evidence, settled, references)
    ledger = SwipeLedger(kept)
    walk = LineageWalk(lineage, architecture, evidence, store, scope, ledger, progress)
    walk.run()
    report = walk.report
    report.findings.extend(_judge_letters(walk, evidence))
    whole = scope.first == 1 and not walk.gone.any
    swipes = SwipeAudit(*(evidence, walk.clients, ledger, kept, references, lineage.model_id, scope, whole))
    report.swipes = swipes.judge(report.findings, progress)
    report.swipes_counted = ledger.counted
    report.from_archive = evidence.from_archive
    report.seconds = round(time.monotonic() - began, 3)
    return report


def _judge_letters(walk: LineageWalk, evidence: Evidence) -> Iterator[Finding]:
    head, partition = walk.chain.head, walk.chain.partition
    if head is None:
        return
    first: int | None = None
    for letter in read_letters(evidence, WEIGHT_DELTAS, partition):
        first = letter.offset if first is None else min(first, letter.offset)
        yield from walk.book.letter(letter)
    deleted = evidence.kept(dead_letters(WEIGHT_DELTAS), partition).start > 0
    known = (walk.book.end if first is None else first) if deleted else 0
    settling = walk.chain.settling(head)
    parent = walk.chain.link(settling.version - 1)
    yield from walk.book.missing(partition, known, pending=parent.end if parent else 0)
