"""Which retries among a range's swipes count, and which letters they close (ADR 0019). Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fedswipe import codec
from fedswipe.dead_letters.closing import Closing, how_closed, retried_as
from fedswipe.dead_letters.position import Position, is_retry, retry_of
from fedswipe.events import ClientId, DeadLettered, SwipeId
from fedswipe.kafka.record import Record
from fedswipe.recent_swipes import RecentSwipes, Seen
from fedswipe.topology import SWIPES, Role

NOWHERE = -1  # what a retry names that names no record of its own partition


def named_letter(record: Record) -> int | None:
    """Return the offset of the letter that a retry names, in its own partition; None for what is no retry."""
    if not is_retry(record.headers):
        return None
    named = retry_of(record.headers)
    here = named is not None and (named.topic, named.partition) == (record.topic, record.partition)
    return named.offset if named is not None and here else NOWHERE


class TakenUp(NamedTuple):
    """Which retry took a letter up, and whether it was trained on."""

    retry: int
    counts: bool


NEVER = TakenUp(-1, counts=False)


@dataclass(frozen=True)
class ClosedLetter:
    """A letter that a retry takes up, and how that closes it."""

    letter: Position
    retry: Record
    how: Closing


class SwipeLetters:
    """What one partition's dead letters say of its swipes: only trainers' transactions decide it."""

    def __init__(self) -> None:
        self.position = 0
        self.refused: set[int] = set()
        self.unread: set[int] = set()  # of them: those of which nobody knew whose they were
        self.taken_up: dict[int, TakenUp] = {}

    def read_on(self, events: Iterable[DeadLettered], position: int) -> None:
        """Move on to `position` of the dead letters' partition, past these."""
        for event in events:
            if (event.topic, event.service) == (SWIPES.name, Role.TRAINER):
                self._take(event)
        self.position = position

    def _take(self, event: DeadLettered) -> None:
        how, retry = how_closed(event), retried_as(event)
        if how is None:
            self.refused.add(event.offset)
            if event.reason in codec.UNREADABLE:
                self.unread.add(event.offset)
        elif retry is not None:
            self.taken_up.setdefault(event.offset, TakenUp(retry, how is Closing.RETRIED))

    def stood(self, swipe: Seen) -> bool:
        """Tell whether a swipe that was settled had been readable then, and was no void retry."""
        if swipe.letter is not None and self.taken_up.get(swipe.letter, NEVER).retry != swipe.offset:
            return False
        return swipe.offset not in self.unread

    def is_open(self, offset: int) -> bool:
        """Tell whether this swipe is a dead letter that no retry has taken up."""
        return offset in self.refused and offset not in self.taken_up


class Retries:
    """The retries among a range's records: the first to name an open letter takes it up, the others are void.

    `stood` are the swipes of the 2 x `span` offsets before the range. A void one is as if it were not there.
    """

    def __init__(
        self, records: Iterable[Record], letters: SwipeLetters, stood: Iterable[Seen], span: int
    ) -> None:
        self._letters = letters
        self._stood = stood
        self._span = span
        self._taking: dict[int, Record] = {}  # by the letter's offset
        self.void: set[int] = set()
        for record in records:
            named = named_letter(record)
            if named is not None:
                self._meet(record, named)

    def _meet(self, record: Record, named: int) -> None:
        if named in self._taking or not self._letters.is_open(named):
            self.void.add(record.offset)
        else:
            self._taking[named] = record

    def repeats(self, seen: Sequence[Seen]) -> frozenset[int]:
        """Return those of the range's retries whose swipe stands as trained among the `span` before them.

        A swipe is trained where it counts and is no dead letter. What stands in the range itself is taken for
        trained: if it fails, it has a letter of its own.
        """
        last: dict[tuple[ClientId, SwipeId], int] = {}
        trained: dict[tuple[ClientId, SwipeId], int] = {}
        here = {record.offset for record in self._taking.values()}
        repeated = set()
        for one in (*self._stood, *seen):
            key = (one.client_id, one.swipe_id)
            if one.letter is None:
                counts = not self._near(last.get(key), one.offset)
            elif one.offset in here:
                counts = not self._near(trained.get(key), one.offset)
                repeated |= set() if counts else {one.offset}
            else:
                counts = self._letters.taken_up[one.letter].counts
            last[key] = one.offset
            if counts and one.offset not in self._letters.refused:
                trained[key] = one.offset
        return frozenset(repeated)

    def closings(self, repeated: Iterable[int]) -> Iterator[ClosedLetter]:
        """Yield the letters that are taken up: what closes them is to be committed with the range."""
        repeats = set(repeated)
        for named, record in self._taking.items():
            how = Closing.REPEATED if record.offset in repeats else Closing.RETRIED
            yield ClosedLetter(Position(record.topic, record.partition, named), record, how)

    def _near(self, before: int | None, offset: int) -> bool:
        return before is not None and offset - before <= self._span


@dataclass(frozen=True)
class Before:
    """What stands before a range; `retries` is None where the range has none."""

    recent: RecentSwipes
    retries: Retries | None = None

    def is_void(self, offset: int) -> bool:
        """Tell whether this is a retry of no open letter: neither trained nor a letter again."""
        return self.retries is not None and offset in self.retries.void

    def repeats(self, seen: Sequence[Seen]) -> frozenset[int]:
        """Return the offsets of the range's swipes that count no more, void retries left out."""
        repeated = self.recent.repeats(seen)
        if self.retries is None:
            return repeated
        retries = {one.offset for one in seen if one.letter is not None}
        return (repeated - retries) | self.retries.repeats(seen)

    def closings(self, repeated: Iterable[int]) -> tuple[ClosedLetter, ...]:
        """Return the letters that the range's retries take up."""
        return () if self.retries is None else tuple(self.retries.closings(repeated))
