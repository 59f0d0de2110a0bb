"""The trainer's thread: takes closed ranges in order, trains them, and settles each in one transaction."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from confluent_kafka import TopicPartition

from fedswipe import codec
from fedswipe.backoff import Stopped, retry_until_stopped
from fedswipe.events import DeltaComputed, ObjectRef, OffsetRange
from fedswipe.forgotten_clients import Forgotten
from fedswipe.kafka.consume_loop import Membership
from fedswipe.kafka.errors import BrokerUnavailable, Fenced
from fedswipe.kafka.transaction import Outgoing
from fedswipe.modelstore import ModelStore
from fedswipe.telemetry import meter, tracer
from fedswipe.topology import SWIPES, TRAIN_REQUESTS, WEIGHT_DELTAS, Lineage, dead_letters
from fedswipe.training_examples import SortedSwipes, sort_swipes
from services.trainer.closed_ranges import ClosedRanges, LeasedRange
from services.trainer.deltas import ComputeDeltas
from services.trainer.heads import Heads
from services.trainer.lease import Position
from services.trainer.letter import Letter
from services.trainer.memory import SwipeMemory
from services.trainer.ranges import SwipeRange

T = TypeVar("T")
log = logging.getLogger(__name__)


class Transactions(Protocol):
    """Commits events and offsets together; see `kafka.transaction.TransactionalProducer`."""

    def commit(
        self, events: Iterable[Outgoing], offsets: list[TopicPartition], membership: Membership
    ) -> None:
        """Raise Fenced or BrokerUnavailable when nothing of it was committed."""
        ...


class TrainRanges:
    """A worker of `lifecycle.serve`. It trains while no transaction is open.

    `forgotten` tells who is forgotten at the moment it is asked; it raises Retryable.
    """

    def __init__(
        self,
        closed: ClosedRanges,
        heads: Heads,
        compute: ComputeDeltas,
        store: ModelStore,
        transactions: Transactions,
        schemas: codec.SchemaSource,
        memory: SwipeMemory,
        forgotten: Callable[[], Forgotten],
    ) -> None:
        self._closed = closed
        self._heads = heads
        self._compute = compute
        self._store = store
        self._transactions = transactions
        self._schemas = schemas
        self._memory = memory
        self._forgotten = forgotten
        self._tracer = tracer("fedswipe.trainer")
        self._written = meter("fedswipe.trainer").create_counter("fedswipe.trainer.events")

    def run(self) -> None:
        """Settle ranges until `stop`."""
        while (leased := self._closed.take()) is not None:
            self.settle(leased)

    def stop(self) -> None:
        """Make `run` return after the client whose training is under way."""
        self._closed.stop()

    def settle(self, leased: LeasedRange) -> None:
        """Train a range and commit what came of it; drop it when its lease ends or the commit is refused."""
        lease, swipes = leased.lease, leased.swipes
        try:
            before = retry_until_stopped(partial(self._memory.before, swipes), lease.lost)
            forgotten = retry_until_stopped(self._forgotten, lease.lost)
            sort = partial(sort_swipes, swipes.records, self._schemas, before, forgotten)
            found = retry_until_stopped(sort, lease.lost)
            with self._tracer.start_as_current_span("train_range"):
                events = self._train(swipes, found, lease.lost)
            with self._tracer.start_as_current_span("commit_range"):
                self._transactions.commit(events, _offsets(swipes), lease.membership)
        except Stopped:
            log.info("swipes[%d] [%d, %d): dropped", swipes.partition, swipes.start, swipes.end)
        except (Fenced, BrokerUnavailable) as error:
            log.warning("swipes[%d] [%d, %d): dropped, %s", swipes.partition, swipes.start, swipes.end, error)
            lease.lost.set()
        else:
            self._memory.settled(swipes, found.seen)
            lease.settled(_ends(swipes), swipes.load)
            self._written.add(len(events))
            _tell(swipes, events)

    def _train(self, swipes: SwipeRange, found: SortedSwipes, lost: threading.Event) -> list[Outgoing]:
        refused = (Letter.of(one.record, one.reason) for one in found.refused)
        closings = map(Letter.closing, found.closings)
        events = [_letter(letter) for letter in (*refused, *closings, *swipes.letters)]
        span = OffsetRange(swipes.partition, swipes.start, swipes.end)
        for model_id, clients in found.clients.items():
            base = self._heads.newest(model_id, lost)
            put = partial(self._put, f"{model_id}/deltas", lost)
            for outcome in self._compute.compute(base, clients, span, put):
                events += _outgoing(base.lineage, outcome)
                _check(lost)
        _check(lost)
        return events

    def _put(self, kind: str, lost: threading.Event, payload: bytes) -> ObjectRef:
        return retry_until_stopped(lambda: self._store.put(kind, payload), lost)


def _check(lost: threading.Event) -> None:
    if lost.is_set():
        raise Stopped("the lease on these swipes has ended")


def _outgoing(line: Lineage, outcome: DeltaComputed | list[Letter]) -> list[Outgoing]:
    if isinstance(outcome, DeltaComputed):
        return [Outgoing(WEIGHT_DELTAS, outcome, line.model_id.encode(), line.partition)]
    return [_letter(letter) for letter in outcome]


def _letter(letter: Letter) -> Outgoing:
    source = SWIPES if letter.event.topic == SWIPES.name else TRAIN_REQUESTS
    return Outgoing(dead_letters(source), letter.event, letter.key, letter.event.partition)


def _ends(swipes: SwipeRange) -> dict[Position, int]:
    ends = {}
    if swipes.records:
        ends[SWIPES.name, swipes.partition] = swipes.end
    if swipes.requests:
        ends[TRAIN_REQUESTS.name, swipes.partition] = swipes.requests_end
    return ends


def _offsets(swipes: SwipeRange) -> list[TopicPartition]:
    return [TopicPartition(topic, partition, end) for (topic, partition), end in _ends(swipes).items()]


def _tell(swipes: SwipeRange, events: Sequence[Outgoing]) -> None:
    deltas = sum(isinstance(out.event, DeltaComputed) for out in events)
    log.info(
        "swipes[%d] [%d, %d): %d records, %d deltas, %d dead letters written or closed, %d requests",
        *(swipes.partition, swipes.start, swipes.end, len(swipes.records), deltas, len(events) - deltas),
        len(swipes.requests),
    )
