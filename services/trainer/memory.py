"""What a partition's log says before a range, as far as its swipes' verdicts rest on it. One thread's."""

from collections.abc import Callable, Iterable, Sequence

from fedswipe import codec
from fedswipe.dead_letters.position import is_retry
from fedswipe.dead_letters.retries import Before, Retries, SwipeLetters
from fedswipe.errors import InvalidMessage
from fedswipe.events import DeadLettered
from fedswipe.kafka.record import Record
from fedswipe.recent_swipes import RecentSwipes, Seen
from fedswipe.training_examples import readable_swipes
from services.trainer.ranges import SwipeRange

ReadLog = Callable[[int, int, int], Iterable[Record]]  # swipes partition, start, end
ReadLetters = Callable[[int, int], tuple[Sequence[Record], int]]  # partition, start; up to the end of now


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
