"""Shows that every swipe that could be trained stands in just one delta or dead letter."""

from collections.abc import Iterator, Mapping

from fedswipe.audit.evidence import Evidence, Kept
from fedswipe.audit.finding import Finding, Findings, expired
from fedswipe.audit.letters import read_letters
from fedswipe.audit.scope import Progress, Scope
from fedswipe.audit.swipe_classes import classify
from fedswipe.audit.swipe_ledger import Expected, SwipeLedger
from fedswipe.events import ModelId, OffsetRange
from fedswipe.recent_swipes import RecentSwipes
from fedswipe.topology import SWIPES, dead_letters

LONGEST_RANGE = 4_096  # swipes a trainer settles at once, at most: its letters and deltas come together


def kept_swipes(evidence: Evidence, settled: Mapping[int, int]) -> dict[int, Kept]:
    """Return, by partition, the swipes that are there and that trainers have settled."""
    found = {}
    for partition in range(SWIPES.partitions):
        kept = evidence.kept(SWIPES, partition)
        found[partition] = Kept(kept.start, max(kept.start, min(kept.end, settled.get(partition, 0))))
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
        model_id: ModelId,
        scope: Scope,
        whole: bool,
    ) -> None:
        self._evidence = evidence
        self._ledger = ledger
        self._kept = kept
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
        recent = RecentSwipes(self._scope.repeat_span, kept.start, ())
        records = self._evidence.read(SWIPES, partition, kept.start, kept.end)
        schemas = self._evidence.schemas
        for found in classify(records, schemas, self._model_id, partition, kept.start, kept.end, recent):
            yield from self._ledger.judge(found, expected)

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
        if kept.start > 0:  # a repeat of a swipe that has been deleted cannot be told
            known = max(known, kept.start + self._scope.repeat_span)
        if self._scope.last is not None:
            end = min(end, last.start) if last else start
        return Expected(start, end, known)
