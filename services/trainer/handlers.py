"""What happens to the group's records: they are collected into ranges that another thread trains."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from confluent_kafka import TopicPartition

from fedswipe import codec
from fedswipe.clock import Clock
from fedswipe.errors import InvalidMessage, Retryable
from fedswipe.events import TrainingRequested
from fedswipe.kafka.consume_loop import Membership
from fedswipe.kafka.record import Record
from fedswipe.topology import SWIPES
from services.trainer.closed_ranges import ClosedRanges, LeasedRange
from services.trainer.lease import Lease, Load
from services.trainer.ranges import OpenRange, RangeLimits, Request, SwipeRange

LogEnd = Callable[[int], int]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Collecting:
    """How much is held before reading pauses, and where a range ends."""

    limits: RangeLimits
    most: Load


class CollectSwipes:
    """A `consume_loop.Handler`: it decides where ranges end and leaves all work on them to the other thread.

    `log_end` tells the offset behind a swipes partition's last record; it raises Retryable.
    """

    def __init__(
        self,
        collecting: Collecting,
        closed: ClosedRanges,
        clock: Clock,
        schemas: codec.SchemaSource,
        log_end: LogEnd,
    ) -> None:
        self._collecting = collecting
        self._closed = closed
        self._clock = clock
        self._schemas = schemas
        self._log_end = log_end
        self._open: dict[int, OpenRange] = {}
        self._lease: Lease | None = None

    @property
    def is_assigned(self) -> bool:
        """Tell whether the group has given us our share, be it empty."""
        return self._lease is not None

    def assigned(
        self, partitions: Sequence[TopicPartition], membership: Membership
    ) -> Sequence[TopicPartition]:
        """Begin a lease at the committed offsets."""
        self._begin(membership)
        log.info("assigned %s", [(p.topic, p.partition) for p in partitions])
        return partitions

    def revoked(self) -> None:
        """Drop everything: the partitions may be another member's by now."""
        if self._lease is not None:
            self._lease.lost.set()
        self._lease = None
        self._open = {}

    def records(self, batch: Sequence[Record]) -> None:
        """Put swipes and train requests into their partitions' open ranges."""
        lease = self._held()
        for (topic, partition), group in groupby(batch, lambda record: (record.topic, record.partition)):
            records = list(group)
            load = Load.of(records) if topic == SWIPES.name else Load()
            lease.took(topic, partition, records[0].offset, load)
            if topic == SWIPES.name:
                self._range(partition).swipes(records, self._clock.now())
            else:
                self._take_requests(lease, records)
        self._close_due(lease)

    def reached(self, topic: str, partition: int, offset: int) -> None:
        """A partition of the swipes has been read to its end: requests up to there wait no longer."""
        if topic == SWIPES.name:
            self._range(partition).reached(offset)
            self._close_due(self._held())

    def rewind(self) -> Sequence[TopicPartition]:
        """After a range was dropped, begin again at the committed offsets."""
        if self._lease is None or not self._lease.lost.is_set():
            return ()
        unsettled = self._lease.unsettled()
        log.info("starting again at %s", unsettled)
        self._begin(self._lease.membership)
        return [TopicPartition(topic, partition, offset) for (topic, partition), offset in unsettled.items()]

    def has_room(self) -> bool:
        """Close what is due by time; tell whether what is held is within the bounds."""
        if self._lease is None:
            return True
        self._close_due(self._lease)
        held, most = self._lease.load, self._collecting.most
        return held.records < most.records and held.bytes < most.bytes

    def _begin(self, membership: Membership) -> None:
        self._lease = Lease(membership)
        self._open = {}

    def _held(self) -> Lease:
        if self._lease is None:
            raise RuntimeError("records came without an assignment")
        return self._lease

    def _range(self, partition: int) -> OpenRange:
        if partition not in self._open:
            self._open[partition] = OpenRange(partition, self._collecting.limits)
        return self._open[partition]

    def _take_requests(self, lease: Lease, records: Sequence[Record]) -> None:
        try:
            for record in records:
                self._range(record.partition).request(self._request(record))
        except Retryable as error:
            log.warning("train request: %s", error)
            lease.lost.set()

    def _request(self, record: Record) -> Request:
        try:
            request = Request.of(record, codec.decode(TrainingRequested, record.value, self._schemas))
            if not self._range(record.partition).has_reached(request.swipes_end):
                self._check_exists(record.partition, request.swipes_end)
        except InvalidMessage as error:
            return Request.refused(record, error)
        return request

    def _check_exists(self, partition: int, swipes_end: int) -> None:
        if swipes_end > (end := self._log_end(partition)):
            raise InvalidMessage(
                "beyond_the_end", f"swipes_end: {swipes_end}; the partition of the swipes ends at {end}"
            )

    def _close_due(self, lease: Lease) -> None:
        now = self._clock.now()
        for swipes in self._each_due(now):
            self._closed.put(LeasedRange(swipes, lease))

    def _each_due(self, now: float) -> Iterator[SwipeRange]:
        for open_range in self._open.values():
            yield from open_range.close(now)
