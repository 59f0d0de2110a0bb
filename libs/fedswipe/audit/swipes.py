"""Shows that every swipe that could be trained stands in just one delta or dead letter."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from fedswipe.audit.clients import ClientsEvidence
from fedswipe.audit.evidence import Evidence, Kept
from fedswipe.audit.finding import Finding, Findings, broken, expired
from fedswipe.audit.hindsight import Hindsight
from fedswipe.audit.scope import Progress, Scope
from fedswipe.audit.swipe_classes import SwipeClasses, classify
from fedswipe.audit.swipe_ledger import Expected, SwipeLedger
from fedswipe.audit.swipe_letters import KeptLetters, read_swipe_letters
from fedswipe.events import ModelId, OffsetRange
from fedswipe.topology import SWIPES

References = Mapping[int, Sequence[SwipeClasses]]


def kept_swipes(evidence: Evidence, settled: Mapping[int, int], references: References) -> dict[int, Kept]:
    """Return, by partition, the swipes that are there or archived, and that trainers have settled."""
    found = {}
    for partition in range(SWIPES.partitions):
        kept = evidence.kept(SWIPES, partition)
        start = min([kept.start, *(one.start for one in references[partition])])
        found[partition] = Kept(start, max(start, min(kept.end, settled.get(partition, 0))))
    return found


class SwipeAudit:
    """Goes through the swipes' topic once, after the deltas have been counted in the ledger.

    `whole` tells whether all deltas of the lineage, from its beginning, were counted.
    """

    def __init__(
        self,
        evidence: Evidence,
        clients: ClientsEvidence,
        ledger: SwipeLedger,
        kept: Mapping[int, Kept],
        references: References,
        model_id: ModelId,
        scope: Scope,
        whole: bool,
    ) -> None:
        self._evidence = evidence
        self._forgotten = clients.now()  # after the trainers' positions: they knew no more than this
        self._ledger = ledger
        self._kept = kept
        self._references = references
        self._model_id = model_id
        self._scope = scope
        self._whole = whole

    def judge(self, findings: Findings, progress: Progress) -> int:
        """Judge every partition; return how many records were looked at."""
        total, done = sum(kept.end - kept.start for kept in self._kept.values()), 0
        for partition, kept in self._kept.items():
            findings.extend(self._judge(partition, kept))
            done += kept.end - kept.start
            progress("judging swipes", done, total)
        return done

    def _judge(self, partition: int, kept: Kept) -> Iterator[Finding]:
        letters = read_swipe_letters(self._evidence, partition, kept.end)
        for offset in letters.letters.refused:
            self._ledger.letter(partition, offset)
        expected = self._expected(partition, kept, letters.known)
        if expected.start < kept.start:
            detail = (
                f"swipes [{expected.start}, {kept.start}) of partition {partition} are no longer in "
                f"{SWIPES.name}: whether each of them was trained once can no longer be told"
            )
            gone = OffsetRange(partition, expected.start, kept.start)
            yield expired("swipes_gone", detail, topic=SWIPES.name, offsets=gone)
        archived = self._references[partition]
        start = max([kept.start, *(found.end for found in archived)])
        hindsight = letters.hindsight(self._evidence, partition, self._scope.repeat_span, start)
        records, schemas = self._evidence.read(SWIPES, partition, start, kept.end), self._evidence.schemas
        place = (partition, start, kept.end)
        read = classify(records, schemas, self._model_id, *place, hindsight, self._forgotten)
        for found in chain(archived, read):
            yield from self._ledger.judge(found, expected)
        yield from _false_closings(partition, start, kept.end, letters, hindsight)

    def _expected(self, partition: int, kept: Kept, letters_from: int) -> Expected:
        """Return which swipes must stand somewhere; a range across the scope's edge is not judged."""
        first, last = self._ledger.first.get(partition), self._ledger.last.get(partition)
        start, known, end = 0, letters_from, kept.end
        if not self._whole:
            edge = first.end if first else kept.end
            known = max(known, edge)
            start = edge if self._scope.first > 1 else 0
        there = self._evidence.kept(SWIPES, partition).start
        archived = max((found.end for found in self._references[partition]), default=0)
        if there > 0 and archived < there + self._scope.repeat_span:
            known = max(known, there + self._scope.repeat_span)  # a repeat of what is gone cannot be told
        if self._scope.last is not None:
            end = min(end, last.start) if last else start
        return Expected(start, end, known)


def _false_closings(
    partition: int, start: int, end: int, kept: KeptLetters, hindsight: Hindsight
) -> Iterator[Finding]:
    """Yield the letters that were closed by a retry which did not take them up: nothing stands for them."""
    for letter, by in sorted(kept.letters.taken_up.items()):
        if start <= by.retry < end and letter not in hindsight.took:
            yield broken(
                "false_closing", f"the letter of swipe {letter} is closed by {by.retry}, no retry of it",
                topic=SWIPES.name, offsets=OffsetRange(partition, letter, letter + 1),
            )  # fmt: skip
