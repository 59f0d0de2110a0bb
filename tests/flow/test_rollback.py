"""A rollback through the whole flow: aggregator, trainer, predictor and the replay of an audit follow it."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from confluent_kafka import TopicPartition

from fedswipe import codec
from fedswipe.codec import PackagedSchemas
from fedswipe.events import (
    ClientId,
    DeltaCodec,
    DeltaComputed,
    DeltaId,
    GlobalModelPublished,
    LinkRef,
    OffsetRange,
)
from fedswipe.kafka.consume_loop import Membership
from fedswipe.kafka.record import Record
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import encode_delta
from fedswipe.learning.factory import factory_bytes
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import Verdict
from fedswipe.serving.rollback import roll_back
from fedswipe.serving.state import ServingState
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.testing.lineage_log import InMemoryLineageLog, LineageLogClient
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.testing.replay import Replay
from fedswipe.testing.until import until
from fedswipe.topology import LINEAGES, WEIGHT_DELTAS
from fedswipe.worker import Worker
from services.aggregator.delta_reader import DeltaReader
from services.aggregator.handlers import Aggregation
from services.aggregator.mailbox import HeadMoved, Mail
from services.aggregator.objects import Objects
from services.predictor.follower import BackOff, ModelFollower
from services.predictor.handlers import Predictor
from services.predictor.handlers import Published as PredictorsHead
from services.trainer.heads import HeadFollower, Heads
from services.trainer.heads import Published as TrainersHead

LINE = LINEAGES[0]
ARCHITECTURE = Architecture(load_layout(LINE.layout))
RECIPE = Recipe(deltas=1)


class Aggregator:
    """The aggregator's own handlers and reader, one step at a time."""

    def __init__(self, log: InMemoryLineageLog, store: InMemoryModelStore) -> None:
        self._log, self._mailbox = log, deque[Mail]()
        self.client = LineageLogClient(
            log, lambda offset: self._reader.seek(offset), lambda _: self._mailbox.append(HeadMoved())
        )
        follower = SimpleNamespace(chain=self.client.chain, wait_caught_up=lambda _: True)
        self._reader = DeltaReader(LINE, cast(Any, follower), self._mailbox.append)
        self._aggregation = Aggregation(
            self.client.chain,
            Objects(store, LINE, ARCHITECTURE, RECIPE, lambda: factory_bytes(LINE.model_id)),
            self.client,
            store,
            PackagedSchemas(),
            RECIPE,
            SimpleNamespace(now=lambda: 0.0),
            threading.Event(),
        )
        everything = [TopicPartition(WEIGHT_DELTAS.name, p) for p in range(WEIGHT_DELTAS.partitions)]
        (ours,) = self._reader.assigned(everything, Membership(None))
        self._position = ours.offset
        self.work()

    def work(self) -> None:
        """Read and fold until nothing is left."""
        self.client.follow()
        for _ in range(4):
            for partition in self._reader.rewind():
                self._position = partition.offset
            if batch := self._log.read(self._position, 99):
                self._position = batch[-1].offset + 1
                self._reader.records(batch)
            while self._mailbox:
                mail = self._mailbox.popleft()
                self._aggregation.handle(mail)
                self._reader.handled(mail)


class Flow:
    """A lineage's log in memory, and who writes and reads it."""

    def __init__(self) -> None:
        self.log, self.store = InMemoryLineageLog(LINE), InMemoryModelStore()
        self.aggregator = Aggregator(self.log, self.store)
        self.operator = LineageLogClient(self.log, lambda offset: offset, lambda _: None)

    @property
    def head(self) -> LinkRef:
        self.operator.follow()
        return self.operator.chain.links[-1].ref

    def train(self, value: float, base: LinkRef) -> None:
        """Write a delta that was trained from this link and let the aggregator publish."""
        number = len(self.log.deltas)
        delta = DeltaComputed(
            *(DeltaId(f"delta-{number}"), LINE.model_id, base.version, base.sha256, ClientId("client")),
            *(OffsetRange(0, number, number + 1), (number,), 5, 1.0, 0.5, DeltaCodec.FP32),
            encode_delta(np.full(ARCHITECTURE.size, value, np.float32), DeltaCodec.FP32),
            None,
        )
        self.log.write_delta(codec.encode(delta))
        self.aggregator.work()

    def roll_back(self, target: int) -> LinkRef:
        self.operator.follow()
        link = roll_back(self.operator, self.store, target)
        self.aggregator.work()
        return link.ref

    def event(self, version: int) -> GlobalModelPublished:
        self.operator.follow()
        return self.operator.event(version)

    def prove(self) -> Replay:
        """Recompute every link from the log, as an audit does."""

        def read(start: int, end: int) -> list[Record]:
            return [record for _, record in self.log.deltas[start:end]]

        replay = Replay(LINE, ARCHITECTURE, self.store, read, self.log.clients.until)
        for offset, data in enumerate(self.log.links):
            replay.add(data, offset)
        return replay


@pytest.fixture
def flow() -> Flow:
    """Versions 1 (the factory model), 2 and 3."""
    flow = Flow()
    flow.train(0.001, flow.head)
    flow.train(0.001, flow.head)
    assert flow.head.version == 3
    return flow


def test_training_goes_on_from_the_old_content_and_the_replay_proves_it(flow: Flow) -> None:
    left_behind = flow.head
    back = flow.roll_back(2)
    assert (back.version, flow.event(4).model) == (4, flow.event(2).model)
    flow.train(0.001, back)
    assert flow.head.version == 5
    assert flow.event(5).model == flow.event(3).model, "the same delta on the same weights"
    flow.train(0.001, left_behind)
    flow.train(0.001, flow.head)
    replay = flow.prove()
    assert replay.settled[3] is Verdict.ROLLED_BACK
    assert flow.log.letters[3] == {Verdict.ROLLED_BACK}
    assert [link.line for link in replay.chain.links] == [0, 1, 2, 2, 4, 5]


def test_a_delta_that_was_under_way_at_a_rollback_counts_if_its_base_is_still_on_the_line(flow: Flow) -> None:
    base = flow.operator.chain.links[1].ref
    flow.roll_back(2)
    flow.train(0.001, base)
    assert flow.prove().settled[2] is Verdict.FOLDED


def test_a_rollback_while_an_aggregator_publishes_leaves_one_chain(flow: Flow) -> None:
    """The operator has not seen version 4 yet: its first link falls off, its second is version 5."""
    flow.operator.follow()
    head = flow.head
    original, raced = flow.operator.append_link, []

    def late(data: bytes) -> None:
        if not raced:
            raced.append(data)
            flow.train(0.001, head)
        original(data)

    flow.operator.append_link = late  # type: ignore[method-assign]
    link = roll_back(flow.operator, flow.store, 1)
    flow.aggregator.work()
    assert (link.version, flow.event(5).rollback_to) == (5, 1)
    assert flow.prove().chain.head == link


def test_the_trainer_trains_from_the_rollback(flow: Flow) -> None:
    heads = Heads()
    follower = HeadFollower(LINE, flow.store, heads)
    back = flow.roll_back(2)
    link = flow.operator.chain.links[-1]
    follower.followed(TrainersHead(link, flow.event(4)))
    with running(follower):
        base = heads.newest(LINE.model_id, threading.Event())
        assert (base.version, base.link) == (back.version, back.sha256)
    old = ARCHITECTURE.split(flow_weights(flow, 2))
    for name, values in base.weights.items():
        np.testing.assert_array_equal(values, old[name])


def test_the_predictor_serves_the_rollback_as_a_new_version(flow: Flow) -> None:
    decoder = Decoder(load_lexicon("en-10k"), load_layout(LINE.layout))
    predictor = Predictor(LINE, decoder, flow.store, lambda: datetime.now(UTC))
    find: Callable[[LinkRef], PredictorsHead] = lambda ref: PredictorsHead(  # noqa: E731
        flow.operator.chain.links[ref.version - 1], flow.event(ref.version)
    )
    follower = ModelFollower(predictor, BackOff(0.001, 0.01), find)
    follower.serving_changed(ServingState())
    with running(follower):
        follower.followed(flow.head)
        until(lambda: predictor.identity is not None and predictor.identity.version == 3)
        follower.followed(flow.roll_back(2))
        until(lambda: predictor.identity is not None and predictor.identity.version == 4)
    assert predictor.identity is not None
    assert predictor.identity.sha256 == flow.event(2).model.sha256


def flow_weights(flow: Flow, version: int) -> Any:
    objects = Objects(flow.store, LINE, ARCHITECTURE, RECIPE, lambda: b"")
    return objects.load(flow.event(version)).weights


@contextmanager
def running(worker: Worker) -> Iterator[None]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(10)
        assert not thread.is_alive()
