"""Cuts one partition's swipes into ranges: by count, by time, or at a train request's offset. Pure."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fedswipe.errors import InvalidMessage
from fedswipe.events import TrainingRequested
from fedswipe.kafka.record import Record
from services.trainer.lease import Load
from services.trainer.letter import Letter


@dataclass(frozen=True)
class RangeLimits:
    """A range closes at this many swipes, or this many seconds after its first one came."""

    swipes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Request:
    """A train request's offset and the offset of the swipes it waits for.

    A request that can never be fulfilled waits for nothing, and carries its dead letter.
    """

    offset: int
    swipes_end: int
    letter: Letter | None = None

    @classmethod
    def of(cls, record: Record, event: TrainingRequested) -> "Request":
        """Check a request against where it lies. Raises InvalidMessage (`other_partition`, `misshapen`)."""
        if event.swipes_partition != record.partition:
            raise InvalidMessage(
                "other_partition",
                f"swipes_partition: {event.swipes_partition}; a request lies in its swipes' partition, "
                f"here {record.partition}",
            )
        if event.swipes_end < 0:
            raise InvalidMessage("misshapen", f"swipes_end: {event.swipes_end}; an offset is 0 or more")
        return cls(record.offset, event.swipes_end)

    @classmethod
    def refused(cls, record: Record, reason: InvalidMessage) -> "Request":
        """Return what is left of a request that is wrong."""
        return cls(record.offset, 0, Letter.of(record, reason))


@dataclass(frozen=True)
class SwipeRange:
    """Swipes that are trained and settled together, and the train requests that are fulfilled with them.

    Both are ordered by offset, each may be empty. Offsets may have gaps: [start, end) spans the records, and
    between the offset `after`, where the range before it ended, and `start` there is no record.
    """

    partition: int
    after: int
    records: tuple[Record, ...]
    requests: tuple[Request, ...]

    @property
    def start(self) -> int:
        """Return the first swipe's offset, 0 where there is none."""
        return self.records[0].offset if self.records else 0

    @property
    def end(self) -> int:
        """Return the offset behind the last swipe, 0 where there is none."""
        return self.records[-1].offset + 1 if self.records else 0

    @property
    def requests_end(self) -> int:
        """Return the offset behind the last fulfilled request, 0 where there is none."""
        return self.requests[-1].offset + 1 if self.requests else 0

    @property
    def letters(self) -> tuple[Letter, ...]:
        """Return the dead letters of the requests that are wrong."""
        return tuple(request.letter for request in self.requests if request.letter is not None)

    @property
    def load(self) -> Load:
        """Return how much the swipes are."""
        return Load.of(self.records)


class OpenRange:
    """The swipes of one partition that are in no range yet, and the requests that wait."""

    def __init__(self, partition: int, limits: RangeLimits) -> None:
        self._partition = partition
        self._limits = limits
        self._position = 0
        self._cut_at: int | None = None
        self._swipes: deque[Record] = deque()
        self._came: deque[float] = deque()
        self._requests: deque[Request] = deque()

    def swipes(self, records: Sequence[Record], now: float) -> None:
        """Take the next swipes, which came at this moment (seconds)."""
        self._swipes.extend(records)
        self._came.extend([now] * len(records))
        self.reached(records[-1].offset + 1)

    def request(self, request: Request) -> None:
        """Take the next train request."""
        self._requests.append(request)

    def reached(self, position: int) -> None:
        """Note that every swipe before this offset has come."""
        self._position = max(self._position, position)

    def has_reached(self, offset: int) -> bool:
        """Tell whether every swipe before this offset has come."""
        return self._position >= offset

    def close(self, now: float) -> Iterator[SwipeRange]:
        """Cut off the ranges that are due, in order.

        A commit settles every request before an offset, so a request waits for those before it.
        """
        while (end := self._due(now)) is not None:
            yield self._cut(end)

    def _due(self, now: float) -> int | None:
        ends = []
        if self._requests and self.has_reached(self._requests[0].swipes_end):
            ends.append(self._requests[0].swipes_end)
        if len(self._swipes) >= self._limits.swipes:
            ends.append(self._swipes[self._limits.swipes - 1].offset + 1)
        if self._came and now - self._came[0] >= self._limits.seconds:
            ends.append(self._position)
        return min(ends, default=None)

    def _cut(self, end: int) -> SwipeRange:
        swipes, requests = [], []
        while self._swipes and self._swipes[0].offset < end:
            swipes.append(self._swipes.popleft())
            self._came.popleft()
        while self._requests and self._requests[0].swipes_end <= end:
            requests.append(self._requests.popleft())
        after = swipes[0].offset if swipes and self._cut_at is None else self._cut_at or 0
        self._cut_at = swipes[-1].offset + 1 if swipes else self._cut_at
        return SwipeRange(self._partition, after, tuple(swipes), tuple(requests))
