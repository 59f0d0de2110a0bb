"""The trainer's twins and builders: a fake training, a fake transaction, a clock that a test moves."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from confluent_kafka import TopicPartition

from fedswipe import codec
from fedswipe.dead_letters.position import Position, retry_headers
from fedswipe.errors import InvalidMessage
from fedswipe.events import (
    ClientForgotten,
    ClientId,
    DeltaCodec,
    DeltaComputed,
    Event,
    Header,
    Sha256,
    SwipeId,
    SwipeRecorded,
    TrainingRequested,
    Version,
)
from fedswipe.forgotten_clients import Forgotten, ForgottenClients
from fedswipe.kafka.consume_loop import Membership
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.record import Record
from fedswipe.kafka.transaction import Outgoing
from fedswipe.learning.base_model import BaseModel
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.topology import LINEAGES, SWIPES, TRAIN_REQUESTS, dead_letters
from fedswipe.training.client_trainer import ClientSwipes, Training
from services.trainer.closed_ranges import ClosedRanges, LeasedRange
from services.trainer.deltas import ComputeDeltas
from services.trainer.handlers import Collecting, CollectSwipes
from services.trainer.heads import Heads
from services.trainer.lease import Load
from services.trainer.memory import SwipeMemory
from services.trainer.ranges import RangeLimits
from services.trainer.train_ranges import TrainRanges

BASE = BaseModel(LINEAGES[0], Version(3), Sha256("ab" * 32), {})
SPAN = 5
ROOMY = Load(1000, 10**9)
PACKAGED = codec.PackagedSchemas()


@dataclass
class FakeClock:
    seconds: float = 0.0

    def now(self) -> float:
        return self.seconds


@dataclass
class FakeTrainer:
    """The delta says how many swipes there were, and the seed; if `broken`, who swiped `bad` fails."""

    bases: list[BaseModel] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    broken: bool = True

    def train(self, base: BaseModel, clients: Sequence[ClientSwipes]) -> Iterator[Training | InvalidMessage]:
        for client in clients:
            self.before()
            self.bases.append(base)
            if self.broken and "bad" in client.words:
                yield InvalidMessage("diverged", "a test says so")
            else:
                delta = np.array([len(client.features), client.seed % 1000], np.float32)
                yield Training(delta, 2.0, 1.0)


@dataclass
class FakeTransactions:
    """What was committed; the next commits fail with `failures`, the first one first."""

    commits: list[tuple[list[Outgoing], dict[tuple[str, int], int], Membership]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def commit(
        self, events: Iterable[Outgoing], offsets: list[TopicPartition], membership: Membership
    ) -> None:
        if self.failures:
            raise self.failures.pop(0)
        ends = {(at.topic, at.partition): at.offset for at in offsets}
        self.commits.append((list(events), ends, membership))

    @property
    def events(self) -> list[Event]:
        return [out.event for events, _, _ in self.commits for out in events]

    @property
    def deltas(self) -> list[DeltaComputed]:
        return [event for event in self.events if isinstance(event, DeltaComputed)]


@dataclass
class Log:
    """The swipes partitions as the broker has them."""

    records: dict[int, list[Record]] = field(default_factory=dict)
    reads: int = 0

    def append(
        self,
        partition: int,
        value: bytes | None,
        offset: int | None = None,
        headers: tuple[Header, ...] = (),
    ) -> Record:
        there = self.records.setdefault(partition, [])
        at = offset if offset is not None else (there[-1].offset + 1 if there else 0)
        there.append(Record(SWIPES.name, partition, at, b"key", value, headers))
        return there[-1]

    def read(self, partition: int, start: int, end: int) -> list[Record]:
        self.reads += 1
        return [record for record in self.records.get(partition, []) if start <= record.offset < end]

    def end(self, partition: int) -> int:
        return self.records[partition][-1].offset + 1 if self.records.get(partition) else 0


class Clients:
    """The clients' topic; the next `away` questions get no answer."""

    def __init__(self) -> None:
        self.log, self.away = ForgottenClients(), 0

    def forget(self, client: str) -> None:
        self.log.add(self.log.end, codec.encode(ClientForgotten(ClientId(client))), PACKAGED)

    def now(self) -> Forgotten:
        if self.away:
            self.away -= 1
            raise BrokerUnavailable("made so by a test")
        return self.log.until(self.log.end)


class Rig:
    """A trainer over twins: the test plays the consume loop, and settles what has been closed."""

    def __init__(
        self, limits: RangeLimits, most: Load = ROOMY, schemas: codec.SchemaSource = PACKAGED
    ) -> None:
        self.clock, self.log, self.trainer = FakeClock(), Log(), FakeTrainer()
        self.transactions, self.store, self.heads = FakeTransactions(), InMemoryModelStore(), Heads()
        self.closed, self.clients = ClosedRanges(), Clients()
        self.collect = CollectSwipes(Collecting(limits, most), self.closed, self.clock, schemas, self.log.end)
        compute = ComputeDeltas(self.trainer, DeltaCodec.FP16)
        self.train = TrainRanges(
            *(self.closed, self.heads, compute, self.store, self.transactions, schemas),
            SwipeMemory(self.log.read, self.letters_from, schemas, SPAN),
            self.clients.now,
        )
        self.heads.put(BASE)
        self.collect.assigned([], Membership("first"))

    def swipe(self, client: str = "ann", swipe_id: str = "1", word: str | None = "hello") -> Record:
        """Append a swipe to partition 0 and hand it over."""
        return self.hand_over(self.log.append(0, codec.encode(swiped(client, swipe_id, word))))

    def retry(self, letter: Record | Position) -> Record:
        """Append the original again, as an operator does, and hand it over; a position has no original."""
        at = letter if isinstance(letter, Position) else Position(SWIPES.name, 0, letter.offset)
        value = letter.value if isinstance(letter, Record) else None
        return self.hand_over(self.log.append(0, value, headers=retry_headers((), at)))

    def settle_now(self) -> None:
        """Let the time of every open range pass, and settle it."""
        self.clock.seconds += 1e6
        self.collect.has_room()
        self.settle_all()

    def letters_from(self, partition: int, start: int) -> tuple[list[Record], int]:
        """The partition's dead letters as they were committed."""
        topic = dead_letters(SWIPES)
        outs = [out for events, _, _ in self.transactions.commits for out in events]
        found = [codec.encode(out.event) for out in outs if (out.topic, out.partition) == (topic, partition)]
        records = [Record(topic.name, partition, at, None, value) for at, value in enumerate(found)]
        return records[start:], len(found)

    def swiped(self, client: str, swipe_id: str, word: str = "hello") -> SwipeRecorded:
        return swiped(client, swipe_id, word)

    def hand_over(self, record: Record) -> Record:
        self.collect.records([record])
        return record

    def request(self, offset: int, swipes_end: int) -> None:
        event = TrainingRequested("r", None, 0, swipes_end)
        self.hand_over(Record(TRAIN_REQUESTS.name, 0, offset, b"key", codec.encode(event)))

    def settle_all(self) -> None:
        """Settle every range that has been closed, as the trainer's thread does."""
        while (leased := self.take()) is not None:
            self.train.settle(leased)

    def take(self) -> LeasedRange | None:
        return self.closed.take() if self.closed.waiting else None


def swiped(client: str, swipe_id: str, word: str | None, points: int = 3) -> SwipeRecorded:
    line = tuple(float(10 * (i + 1)) for i in range(points))
    return SwipeRecorded(
        ClientId(client), SwipeId(swipe_id), "qwerty-en", word, 360.0, 216.0, line, line, line
    )


@pytest.fixture
def make_rig() -> Callable[..., Rig]:
    return Rig


@pytest.fixture
def rig() -> Rig:
    """Ranges close at 3 swipes, after 2 s, or at a request."""
    return Rig(RangeLimits(3, 2.0))


@pytest.fixture
def make_swipe() -> Callable[..., SwipeRecorded]:
    return swiped
