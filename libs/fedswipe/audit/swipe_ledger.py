"""Counts where each swipe stands: one byte for each offset of the swipes that is still in its topic.

(100 million swipes are 100 MB; a set of their offsets would be sixty times as much.)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedswipe.audit.duty import Duty
from fedswipe.audit.evidence import Kept
from fedswipe.audit.finding import Finding, Kind
from fedswipe.audit.swipe_classes import SwipeClasses
from fedswipe.events import DeltaComputed, OffsetRange
from fedswipe.topology import SWIPES

DELTAS, LETTER = 0x7F, 0x80  # of a byte: in how many deltas, and whether a dead letter has it
SHOWN = 5  # offsets that a text names


@dataclass(frozen=True, slots=True)
class Claim:
    """The swipes that one committed delta names; `counts` when its delta was folded into a model."""

    offset: int
    delta_id: str
    swipes: OffsetRange
    swipe_offsets: tuple[int, ...]

    @classmethod
    def of(cls, offset: int, delta: DeltaComputed) -> "Claim":
        """Take from a delta what it says of swipes, and leave its numbers behind."""
        return cls(offset, delta.delta_id, delta.swipes, delta.swipe_offsets)


@dataclass(frozen=True, slots=True)
class Expected:
    """Of a partition: swipes [start, end) must stand somewhere; of those before `known` it cannot be told."""

    start: int
    end: int
    known: int


class SwipeLedger:
    """`kept` are, by partition, the swipes that are there and that the trainers have settled."""

    def __init__(self, kept: Mapping[int, Kept]) -> None:
        self.counted = 0
        self.first: dict[int, OffsetRange] = {}  # the lowest range of each partition, and the highest
        self.last: dict[int, OffsetRange] = {}
        self._kept = kept
        self._bytes = {p: np.zeros(max(0, k.end - k.start), np.uint8) for p, k in kept.items()}

    def count(self, claim: Claim, version: int | None, *, folded: bool) -> Iterator[Finding]:
        """Take the next committed delta; yield what it names wrongly or again.

        Named again by a delta that no model holds changes no model, so it is a note.
        """
        span, offsets = claim.swipes, np.array(claim.swipe_offsets, np.int64)
        if span.partition not in self._bytes or not ((span.start <= offsets) & (offsets < span.end)).all():
            yield _finding(
                "swipe_outside_range", f"the delta at {claim.offset} names swipes outside of its own range",
                span.partition, offsets, version,
            )  # fmt: skip
            return
        if len(offsets):
            self._widen(span)
        column, start = self._bytes[span.partition], self._kept[span.partition].start
        places = offsets[(offsets >= start) & (offsets < start + len(column))] - start
        unique, times = np.unique(places, return_counts=True)
        before = column[unique] & DELTAS
        column[unique] = column[unique] & LETTER | np.minimum(before + times, DELTAS).astype(np.uint8)
        self.counted += len(unique)
        again = unique[(before > 0) | (times > 1)] + start
        if len(again):
            text = f"the delta at {claim.offset} names swipes that an earlier one has"
            kind = Kind.BROKEN if folded else Kind.NOTE
            yield _finding("doubled_swipe", text, span.partition, again, version, kind)

    def letter(self, partition: int, offset: int) -> None:
        """Note the dead letter of a swipe; again is harmless, its id is its position."""
        column, start = self._bytes.get(partition), self._kept[partition].start
        if column is not None and start <= offset < start + len(column):
            column[offset - start] |= LETTER

    def judge(self, found: SwipeClasses, expected: Expected) -> Iterator[Finding]:
        """Yield what does not stand where it has to, among the records of a stretch that is kept."""
        start, partition = self._kept[found.partition].start, found.partition
        column = self._bytes[partition]
        state = column[found.offsets - start]
        counted, lettered = state & DELTAS, (state & LETTER) > 0
        must = (found.offsets >= expected.start) & (found.offsets < expected.end)
        nowhere = must & (counted == 0) & ~lettered & np.isin(found.duties, (Duty.TRAINED, Duty.LETTER))
        told = found.offsets >= expected.known
        both = np.isin(found.duties, (Duty.TRAINED, Duty.FORGOTTEN)) & (counted > 0) & lettered
        needless = np.isin(found.duties, (Duty.NOWHERE, Duty.LETTER, Duty.LEFT, Duty.OVERLOOKED)) & (
            counted > 0
        )
        retries = must & (found.duties == Duty.UNTOLD)
        left, overlooked = (must & (found.duties == duty) for duty in (Duty.LEFT, Duty.OVERLOOKED))
        yield from _each("lost_swipe", "in no delta and no dead letter", found, nowhere & told)
        gone = "in no delta and no dead letter that is still kept"
        yield from _each("untold_swipe", gone, found, nowhere & ~told, Kind.EXPIRED)
        yield from _each("untold_swipe", "retries of letters that may be gone", found, retries, Kind.EXPIRED)
        yield from _each("left_retry", "retries that took no letter up", found, left, Kind.NOTE)
        yield from _each("overlooked_retry", "retries of open letters that took none up", found, overlooked)
        yield from _each("doubled_swipe", "in a delta and in a dead letter", found, both)
        yield from _each("needless_swipe", "in a delta, and must not be trained", found, needless)
        claimed = np.flatnonzero(column[found.start - start : found.end - start] & DELTAS) + found.start
        if len(phantom := np.setdiff1d(claimed, found.offsets)):
            yield _finding("phantom_swipe", "a delta names them, and there is no record", partition, phantom)

    def _widen(self, span: OffsetRange) -> None:
        first = self.first.setdefault(span.partition, span)
        last = self.last.setdefault(span.partition, span)
        self.first[span.partition] = span if span.start < first.start else first
        self.last[span.partition] = span if span.end > last.end else last


def _each(
    code: str, text: str, found: SwipeClasses, which: NDArray[np.bool_], kind: Kind = Kind.BROKEN
) -> Iterator[Finding]:
    if which.any():
        yield _finding(code, text, found.partition, found.offsets[which], None, kind)


def _finding(
    code: str,
    text: str,
    partition: int,
    offsets: NDArray[np.int64],
    version: int | None = None,
    kind: Kind = Kind.BROKEN,
) -> Finding:
    named = ", ".join(map(str, offsets[:SHOWN].tolist())) + (" ..." if len(offsets) > SHOWN else "")
    detail = f"{len(offsets)} of swipes[{partition}], at {named}: {text}"
    low, high = (int(offsets.min()), int(offsets.max()) + 1) if len(offsets) else (0, 0)
    return Finding(kind, code, detail, version, (), SWIPES.name, OffsetRange(partition, low, high))
