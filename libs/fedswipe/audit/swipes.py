"""Shows that every swipe that could be trained stands in just one delta or dead letter."""

from collections.abc import Iterator, Mapping, Sequence

from fedswipe.audit.evidence import Evidence, Kept
from fedswipe.audit.finding import Finding, Findings, expired
from fedswipe.audit.letters import read_letters
from fedswipe.audit.scope import Progress, Scope
from fedswipe.audit.swipe_classes import SwipeClasses, classify
from fedswipe.audit.swipe_ledger import Expected, SwipeLedger
from fedswipe.events import ModelId, OffsetRange
from fedswipe.recent_swipes import RecentSwipes
from fedswipe.topology import SWIPES, dead_letters
from fedswipe.training_examples import readable_swipes

LONGEST_RANGE = 4_096  # swipes a trainer settles at once, at most: its letters and deltas come together


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
        ledger: SwipeLedger,
        kept: Mapping[int, Kept],
        references: References,
        model_id: ModelId,
        scope: Scope,
        whole: bool,
    ) -> None:
        self._evidence = evidence
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
        expected = self._expected(partition, kept, self._read_letters(partition))
        if expected.start < kept.start:
            detail = (
                f"swipes [{expected.start}, {kept.start}) of partition {partition} are no longer in "
                f"{SWIPES.name}: whether each of them was trained once can no longer be told"
            )
            gone = OffsetRange(partition, expected.start, kept.start)
            yield expired("swipes_gone", detail, topic=SWIPES.name, offsets=gone)
        for found in self._classes(partition, kept):
            yield from self._ledger.judge(found, expected)

    def _classes(self, partition: int, kept: Kept) -> Iterator[SwipeClasses]:
        """Take from an archive what it says of swipes that are gone, and read the others."""
        archived, schemas, span = self._references[partition], self._evidence.schemas, self._scope.repeat_span
        yield from archived
        start = max([kept.start, *(found.end for found in archived)])
        before = self._evidence.read(SWIPES, partition, max(0, start - span), start)
        recent = RecentSwipes(span, start, readable_swipes(before, schemas))
        records = self._evidence.read(SWIPES, partition, start, kept.end)
        yield from classify(records, schemas, self._model_id, partition, start, kept.end, recent)

    def _read_letters(self, partition: int) -> int:
        """Count the letters; return the offset before which one may have been deleted."""
        first: int | None = None
        for letter in read_letters(self._evidence, SWIPES, partition):
            self._ledger.letter(partition, letter.offset)
            first = letter.offset if first is None else min(first, letter.offset)
        if self._evidence.kept(dead_letters(SWIPES), partition).start == 0:
            return 0
        return self._kept[partition].end if first is None else first + LONGEST_RANGE

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
