"""A broker of the trainer's own, and members of its group whose training is a stand-in."""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import numpy as np
import pytest
from confluent_kafka import TopicPartition

from fedswipe import codec
from fedswipe.clock import MonotonicClock
from fedswipe.errors import InvalidMessage
from fedswipe.events import (
    ClientId,
    DeadLettered,
    DeltaCodec,
    DeltaComputed,
    Sha256,
    SwipeId,
    SwipeRecorded,
    TrainingRequested,
    Version,
)
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.clients_reader import ClientsReader
from fedswipe.kafka.consume_loop import ConsumeLoop, Membership
from fedswipe.kafka.log_range import read_range, read_to_end
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.kafka.transaction import Outgoing, TransactionalProducer
from fedswipe.learning.base_model import BaseModel
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.testing.stacks import own_stack
from fedswipe.testing.until import until
from fedswipe.topology import (
    LINEAGES,
    SWIPES,
    TRAIN_REQUESTS,
    TRAINERS,
    WEIGHT_DELTAS,
    dead_letters,
)
from fedswipe.training.client_trainer import ClientSwipes, Training
from services.trainer.closed_ranges import ClosedRanges
from services.trainer.deltas import ComputeDeltas
from services.trainer.handlers import Collecting, CollectSwipes
from services.trainer.heads import Heads
from services.trainer.lease import Load
from services.trainer.memory import SwipeMemory
from services.trainer.ranges import RangeLimits
from services.trainer.train_ranges import TrainRanges, Transactions

BASE = BaseModel(LINEAGES[0], Version(1), Sha256("ab" * 32), {})
DEADLINE = 40.0
SPAN = 100
_numbers = itertools.count(1)


class StandIn:
    """Trains nothing; `go` can be cleared to hold it up."""

    def __init__(self) -> None:
        self.go, self.started = threading.Event(), threading.Event()
        self.go.set()

    def train(self, base: BaseModel, clients: Sequence[ClientSwipes]) -> Iterator[Training | InvalidMessage]:
        for client in clients:
            self.started.set()
            assert self.go.wait(DEADLINE)
            yield Training(np.array([len(client.words)], np.float32), 2.0, 1.0)


class Member:
    """One trainer of the group: the real loop, the real transactions, a training that is a stand-in."""

    def __init__(
        self, settings: KafkaSettings, limits: RangeLimits, wrap: Callable[[Transactions], Transactions]
    ) -> None:
        self.producer = TransactionalProducer(settings, f"fedswipe.trainer.test-{next(_numbers)}")
        self.trainer = StandIn()
        heads, closed = Heads(), ClosedRanges()
        heads.put(BASE)
        admin = Admin(settings)
        self.collect = CollectSwipes(
            Collecting(limits, Load(1000, 10**8)),
            *(closed, MonotonicClock(), PublishedSchemas(settings), lambda p: admin.ends(SWIPES)[p]),
        )
        self.train = TrainRanges(
            *(closed, heads, ComputeDeltas(self.trainer, DeltaCodec.FP16), InMemoryModelStore()),
            *(wrap(self.producer), PublishedSchemas(settings)),
            SwipeMemory(
                *(
                    partial(read_range, settings, SWIPES),
                    partial(read_to_end, settings, dead_letters(SWIPES)),
                ),
                *(PublishedSchemas(settings), SPAN),
            ),
            ClientsReader(settings, PublishedSchemas(settings)).forgotten,
        )
        self.loop = ConsumeLoop(settings, TRAINERS, self.collect)
        self.threads = [threading.Thread(target=work.run) for work in (self.loop, self.train)]
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.loop.stop()
        self.train.stop()
        self.trainer.go.set()
        for thread in self.threads:
            thread.join(DEADLINE)
            assert not thread.is_alive()


class Flow:
    """What a test sends and sees."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self.admin = Admin(settings)
        self.producer = EventProducer(settings)
        self.members: list[Member] = []
        self.deltas_from = self.admin.ends(WEIGHT_DELTAS)[0]
        self.letters_from = self.admin.ends(dead_letters(SWIPES))

    def member(
        self,
        limits: RangeLimits = RangeLimits(100, 0.3),  # noqa: B008  (frozen)
        wrap: Callable[[Transactions], Transactions] = lambda transactions: transactions,
    ) -> Member:
        self.members.append(Member(self.settings, limits, wrap))
        return self.members[-1]

    def swipe(self, client: str, swipe_id: int, partition: int = 0) -> int:
        line = (10.0, 20.0, 30.0)
        swipe = SwipeRecorded(
            *(ClientId(client), SwipeId(str(swipe_id)), "qwerty-en", "hello", 360.0, 216.0, line, line, line)
        )
        return self.producer.send(SWIPES, swipe, key=client, partition=partition).result()

    def request(self, swipes_end: int, partition: int = 0) -> int:
        event = TrainingRequested("r", None, partition, swipes_end)
        return self.producer.send(TRAIN_REQUESTS, event, key="r", partition=partition).result()

    def deltas(self) -> list[DeltaComputed]:
        """The deltas that were committed since this test began."""
        end = self.admin.ends(WEIGHT_DELTAS)[0]
        records = read_range(self.settings, WEIGHT_DELTAS, 0, self.deltas_from, end)
        return [codec.decode(DeltaComputed, r.value, codec.PackagedSchemas()) for r in records]

    def letters(self, partition: int = 0) -> list[DeadLettered]:
        topic = dead_letters(SWIPES)
        end = self.admin.ends(topic)[partition]
        records = read_range(self.settings, topic, partition, self.letters_from[partition], end)
        return [codec.decode(DeadLettered, r.value, codec.PackagedSchemas()) for r in records]

    def committed(self, topic: str, partition: int = 0) -> int:
        return self.admin.committed(TRAINERS)[topic, partition]

    def close(self) -> None:
        for member in self.members:
            member.stop()
        self.producer.close()


class FailsOnce:
    """A transaction that ends in an error before anything is committed, the first time."""

    def __init__(self, inner: Transactions, error: Exception) -> None:
        self.inner, self.errors = inner, [error]

    def commit(
        self, events: Iterable[Outgoing], offsets: list[TopicPartition], membership: Membership
    ) -> None:
        if self.errors:
            raise self.errors.pop()
        self.inner.commit(events, offsets, membership)


@pytest.fixture
def fails_once() -> type[FailsOnce]:
    return FailsOnce


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    with own_stack(tmp_path_factory.mktemp("trainer")) as stack:
        settings = KafkaSettings(stack.kafka, session_timeout_ms=6000)
        Admin(settings).create_topics()
        yield settings


@pytest.fixture
def flow(broker: KafkaSettings) -> Iterator[Flow]:
    flow = Flow(broker)
    yield flow
    flow.close()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], object]:
    """Wait until something holds, or fail."""

    return until
