"""The dead letters of one partition's swipes, and from which swipe on they are all there."""

from dataclasses import dataclass

from fedswipe.audit.evidence import Evidence
from fedswipe.audit.hindsight import LONGEST_RANGE, Hindsight
from fedswipe.audit.letters import read_events
from fedswipe.dead_letters.closing import how_closed, retried_as
from fedswipe.dead_letters.retries import SwipeLetters
from fedswipe.events import DeadLettered
from fedswipe.topology import SWIPES, Role, dead_letters
from fedswipe.training_examples import readable_swipes


@dataclass(frozen=True)
class KeptLetters:
    """What the trainers wrote of a partition; of swipes before `known` it may have been deleted."""

    letters: SwipeLetters
    known: int

    def hindsight(self, evidence: Evidence, partition: int, span: int, start: int) -> Hindsight:
        """Return what judges the swipes from `start` on; repeats are looked for in `span` records."""
        first, schemas = evidence.kept(SWIPES, partition).start, evidence.schemas
        known = max(self.known, first + 2 * span if first else 0)
        before = evidence.read(SWIPES, partition, max(0, start - 2 * span), start)
        return Hindsight(self.letters, known, span, start, readable_swipes(before, schemas))


def read_swipe_letters(evidence: Evidence, partition: int, end: int) -> KeptLetters:
    """Read them; `end` is where the partition's settled swipes end."""
    kept = evidence.kept(dead_letters(SWIPES), partition)
    letters, first = SwipeLetters(), None
    for event in read_events(evidence, SWIPES, partition):
        letters.read_on((event,), kept.end)
        settled = _settled_with(event)
        if settled is not None:
            first = settled if first is None else min(first, settled)
    known = 0 if kept.start == 0 else end if first is None else first + LONGEST_RANGE
    return KeptLetters(letters, known)


def _settled_with(event: DeadLettered) -> int | None:
    """Return a swipe of the range that a trainer wrote this with; None for what somebody else wrote."""
    if event.service != Role.TRAINER:
        return None
    return retried_as(event) if how_closed(event) else event.offset
