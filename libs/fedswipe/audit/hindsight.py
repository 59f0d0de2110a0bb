"""What stood before swipes when they were settled, told from the whole log (ADR 0019). One partition's.

Retries are judged one by one by the trainer's own rule; whether an earlier one counted says what closed its
letter, and whether an earlier swipe was trained says that it has no letter.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fedswipe.audit.duty import Duty
from fedswipe.dead_letters.retries import NEVER, ClosedLetter, Retries, SwipeLetters, named_letter
from fedswipe.kafka.record import Record
from fedswipe.recent_swipes import RecentSwipes, Seen

LONGEST_RANGE = 4_096  # swipes a trainer settles at once, at most: its letters and deltas come together


@dataclass(frozen=True)
class Before:
    """Implements `training_examples.Before` for a batch of settled swipes.

    `takers` take a letter up. `told` are records that no rule judges, with what is known of them: retries
    that take none up, and what nobody could read when it was settled.
    """

    hindsight: "Hindsight"
    takers: Mapping[int, Record]
    told: Mapping[int, Duty]

    def is_void(self, offset: int) -> bool:
        """Tell whether this is judged by what became of it alone."""
        return offset in self.told

    def repeats(self, seen: Sequence[Seen]) -> frozenset[int]:
        """Return the offsets of those that had to count no more."""
        repeated = self.hindsight.recent.repeats(seen)
        if not self.takers:
            return repeated
        return (repeated - self.takers.keys()) | self.hindsight.repeated_retries(self.takers, seen)

    def closings(self, _: Iterable[int]) -> tuple[ClosedLetter, ...]:
        """Return nothing: the letters were closed when the swipes were settled."""
        return ()


class Hindsight:
    """`letters` are all that there are; of retries before `known` they may be gone, or what decides them.

    It stands at `start`, `before` are the readable swipes at the 2 x `span` offsets before. `took` collects
    the letters that a retry rightly took up.
    """

    def __init__(
        self, letters: SwipeLetters, known: int, span: int, start: int, before: Iterable[Seen]
    ) -> None:
        stood = [one for one in before if letters.stood(one)]
        self.took: set[int] = set()
        self.recent = RecentSwipes(span, start, stood)
        self._letters = letters
        self._known = known
        self._span = span
        self._stood = deque(stood)

    def before(self, batch: Sequence[Record]) -> Before:
        """Return what stood before the next records."""
        takers: dict[int, Record] = {}
        told: dict[int, Duty] = {}
        for record in batch:
            letter = named_letter(record)
            if letter is not None and self._took(record, letter):
                takers[record.offset] = record
                self.took.add(letter)
            elif letter is not None:
                told[record.offset] = self._untaken(record, letter)
                continue
            if record.offset in self._letters.unread:
                told[record.offset] = Duty.LETTER
        return Before(self, takers, told)

    def settled(self, seen: Sequence[Seen], position: int) -> None:
        """Move on to `position`, past these."""
        self.recent.remember(seen, position)
        if self._letters.taken_up:
            self._stood.extend(seen)
        while self._stood and self._stood[0].offset < position - 2 * self._span:
            self._stood.popleft()

    def repeated_retries(self, takers: Mapping[int, Record], seen: Sequence[Seen]) -> set[int]:
        """Return those of the retries that take a letter up whose swipe stands as trained before them."""
        same: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        repeated = set()
        for one in (*self._stood, *seen):
            earlier = same[one.client_id, one.swipe_id]
            if one.offset in takers and self._repeats(takers[one.offset], one, earlier):
                repeated.add(one.offset)
            earlier.append(one)
        return repeated

    def _took(self, record: Record, letter: int) -> bool:
        """Tell whether this retry took the letter up: what closed it says so."""
        named = self._letters.taken_up.get(letter, NEVER).retry == record.offset and letter < record.offset
        return named and (letter in self._letters.refused or letter < self._known)

    def _untaken(self, record: Record, letter: int) -> Duty:
        """Judge a retry that took no letter up."""
        if record.offset < self._known:
            return Duty.UNTOLD
        taken_up = self._letters.taken_up.get(letter, NEVER).retry
        free = taken_up == NEVER.retry or taken_up > record.offset
        if not (free and letter in self._letters.refused and letter < record.offset):
            return Duty.NOWHERE
        return Duty.OVERLOOKED if record.offset - letter >= LONGEST_RANGE else Duty.LEFT

    def _repeats(self, record: Record, one: Seen, earlier: Sequence[Seen]) -> bool:
        """Ask the trainer's rule. What failed in the same range was still taken for trained by it.

        What the retry's letter is of lies in an earlier range.
        """
        refused, letter = self._letters.refused, one.letter or 0
        if self._rule(record, one, earlier, refused):
            return True
        if self._letters.taken_up[letter].counts:
            return False
        earliest = max(letter + 1, one.offset - LONGEST_RANGE + 1)
        settled = {offset for offset in refused if offset < earliest}
        return self._rule(record, one, earlier, settled)

    def _rule(self, record: Record, one: Seen, earlier: Sequence[Seen], refused: set[int]) -> bool:
        then = SwipeLetters()
        known = self._letters.taken_up
        then.taken_up = {x.letter: known.get(x.letter, NEVER) for x in earlier if x.letter is not None}
        then.refused = {one.letter or 0}
        retries = Retries([record], then, earlier, self._span)
        then.refused = refused
        return one.offset in retries.repeats([one])
