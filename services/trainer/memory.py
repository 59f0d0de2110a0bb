"""What a partition's log says before a range, as far as its swipes' verdicts rest on it. One thread's."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fedswipe import codec
from fedswipe.dead_letters.position import is_retry
from fedswipe.errors import InvalidMessage
from fedswipe.events import DeadLettered
from fedswipe.kafka.record import Record
from services.trainer.examples import readable_swipes
from services.trainer.letter import Letter
from services.trainer.ranges import SwipeRange
from services.trainer.recent_swipes import RecentSwipes, Seen
from services.trainer.retries import Retries, SwipeLetters

ReadLog = Callable[[int, int, int], Iterable[Record]]  # swipes partition, start, end
ReadLetters = Callable[[int, int], tuple[Sequence[Record], int]]  # partition, start; up to the end of now


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

    def closings(self, repeated: Iterable[int]) -> tuple[Letter, ...]:
        """Return what closes the letters that the range's retries take up."""
        return () if self.retries is None else tuple(self.retries.closings(repeated))


class SwipeMemory:
    """Kept from range to range, and built again from the log when others may have moved on.

    `span` is how many records before a swipe its repeats are looked for in. `read_log` and `read_letters`
    read the partition's swipes and dead letters again; they raise Retryable, and so does `before`.
    """

    def __init__(
        self, read_log: ReadLog, read_letters: ReadLetters, schemas: codec.SchemaSource, span: int
    ) -> None:
        self._read_log = read_log
        self._read_letters = read_letters
        self._schemas = schemas
        self._span = span
        self._recent: dict[int, RecentSwipes] = {}
        self._letters: dict[int, SwipeLetters] = {}

    def before(self, swipes: SwipeRange) -> Before:
        """Return what stands before this range."""
        recent = self._recent.get(swipes.partition)
        if not swipes.records:
            return Before(recent or RecentSwipes(self._span, 0, ()))
        if recent is None or recent.position != swipes.after:
            stood = self._stood(swipes, self._span)
            recent = self._recent[swipes.partition] = RecentSwipes(self._span, swipes.start, stood)
        return Before(recent, self._retries(swipes))

    def settled(self, swipes: SwipeRange, seen: Sequence[Seen]) -> None:
        """Move on past a range that has been committed."""
        if swipes.records:
            self._recent[swipes.partition].remember(seen, swipes.end)

    def _retries(self, swipes: SwipeRange) -> Retries | None:
        retries = [record for record in swipes.records if is_retry(record.headers)]
        if not retries:
            return None
        stood = tuple(self._stood(swipes, 2 * self._span))
        return Retries(retries, self._letters_of(swipes.partition), stood, self._span)

    def _stood(self, swipes: SwipeRange, span: int) -> Iterable[Seen]:
        """Read the swipes before a range again, as they were when they were settled."""
        records = self._read_log(swipes.partition, max(0, swipes.start - span), swipes.start)
        return filter(self._letters_of(swipes.partition).stood, readable_swipes(records, self._schemas))

    def _letters_of(self, partition: int) -> SwipeLetters:
        """Read the partition's letters on to the end they have now: who owns the swipes alone writes them."""
        known = self._letters.setdefault(partition, SwipeLetters())
        records, end = self._read_letters(partition, known.position)
        known.read_on(filter(None, map(self._letter, records)), end)
        return known

    def _letter(self, record: Record) -> DeadLettered | None:
        try:
            return codec.decode(DeadLettered, record.value, self._schemas)
        except InvalidMessage:
            return None  # no trainer wrote it
