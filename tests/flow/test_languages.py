"""Every lineage's loop over in-memory twins: swipes in, deltas by one trainer, a model, its words."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import TopicPartition

from fedswipe import codec
from fedswipe.codec import PackagedSchemas
from fedswipe.events import DeltaCodec, DeltaComputed, Sha256, Version
from fedswipe.forgotten_clients import NOBODY
from fedswipe.kafka.consume_loop import Membership
from fedswipe.kafka.record import Record
from fedswipe.kafka.transaction import Outgoing
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.factory import factory_bytes, factory_weights
from fedswipe.learning.federation import Federation
from fedswipe.learning.optimizer import Trained
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.weights import from_bytes, to_bytes
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.styles import FACTORY
from fedswipe.swipe.typists import Typist, simulate_typists
from fedswipe.swipe_check import recorded
from fedswipe.testing.lineage_log import InMemoryLineageLog, LineageLogClient
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.testing.replay import Replay
from fedswipe.topology import LINEAGES, SWIPES, WEIGHT_DELTAS, Lineage
from fedswipe.training.local import LocalRecipe
from fedswipe.training.torch_trainer import Apparatus, TorchTrainer
from services.aggregator.delta_reader import DeltaReader
from services.aggregator.handlers import Aggregation
from services.aggregator.mailbox import Mail
from services.aggregator.objects import Objects
from services.predictor.handlers import Predictor, Published
from services.trainer.closed_ranges import ClosedRanges
from services.trainer.deltas import ComputeDeltas
from services.trainer.handlers import Collecting, CollectSwipes
from services.trainer.heads import Heads
from services.trainer.lease import Load
from services.trainer.memory import SwipeMemory
from services.trainer.ranges import RangeLimits
from services.trainer.train_ranges import TrainRanges

CLIENTS, SWIPES_EACH = 2, 10
RECIPE = Recipe(deltas=CLIENTS, records=10, seconds=10.0)
LOCAL = LocalRecipe(epochs=1, optimizer="adam", learning_rate=1e-4, batch_size=16, clip_norm=1.0)
SCHEMAS = PackagedSchemas()
LINEAGE_APPARATUS = {str(line.model_id): Apparatus.of(line) for line in LINEAGES}


class Served:
    """One lineage's aggregator and predictor."""

    def __init__(self, line: Lineage, store: InMemoryModelStore) -> None:
        self.line, self.store, self.layout = line, store, load_layout(line.layout)
        self.architecture = Architecture(self.layout)
        self.log = InMemoryLineageLog(line)
        mails: list[Mail] = []
        client = LineageLogClient(self.log, lambda offset: self.reader.seek(offset), lambda _: None)
        self.chain = client.chain
        follower = SimpleNamespace(chain=client.chain, wait_caught_up=lambda _: True)
        self.reader = DeltaReader(line, cast(Any, follower), mails.append)
        objects = Objects(store, line, self.architecture, RECIPE, partial(factory_bytes, line.model_id))
        clock = SimpleNamespace(now=lambda: 0.0)
        self.aggregation = Aggregation(
            client.chain, objects, client, store, SCHEMAS, RECIPE, clock, threading.Event()
        )
        self.mails = mails
        self.deltas: list[DeltaComputed] = []
        decoder = Decoder(load_lexicon(line.lexicon), self.layout)
        self.predictor = Predictor(line, decoder, store, now=lambda: datetime(2030, 1, 1, tzinfo=UTC))

    def begin(self) -> BaseModel:
        """Take the partition, publish the factory model and serve it."""
        everything = [TopicPartition(WEIGHT_DELTAS.name, p) for p in range(WEIGHT_DELTAS.partitions)]
        self.reader.assigned(everything, Membership(None))
        self.work()
        head = self.chain.head
        assert head is not None
        weights = from_bytes(self.store.get(self.chain.event(1).model), self.architecture)
        return BaseModel(self.line, Version(1), Sha256(head.sha256), weights)

    def work(self) -> None:
        """Handle what came, and serve the head."""
        while self.mails:
            self.aggregation.handle(self.mails.pop(0))
        head = self.chain.head
        assert head is not None
        self.predictor.reload_model(Published(head, self.chain.event(head.version)))

    def fold(self, out: Outgoing) -> None:
        """Take a delta as the broker would store it."""
        assert (out.topic, out.partition) == (WEIGHT_DELTAS, self.line.partition)
        assert isinstance(out.event, DeltaComputed)
        self.deltas.append(out.event)
        offset = self.log.write_delta(codec.encode(out.event))
        self.reader.records(self.log.read(offset, 1))

    def read(self, start: int, end: int) -> list[Record]:
        return self.log.read(start, end - start)  # every transaction was committed: offsets have no gaps

    def prove(self) -> None:
        """Recompute the whole chain."""
        replay = Replay(
            *(self.line, self.architecture, self.store),
            lambda start, end: self.log.read(start, end),
            self.log.clients.until,
        )
        for offset, data in enumerate(self.log.links):
            assert replay.add(data, offset) is not None


class Trainer:
    """One trainer of all lineages; what it commits is kept."""

    def __init__(self, store: InMemoryModelStore, bases: Iterable[BaseModel]) -> None:
        self.events: list[Outgoing] = []
        heads, closed = Heads(), ClosedRanges()
        for base in bases:
            heads.put(base)
        clock = SimpleNamespace(now=lambda: 0.0)
        limits = Collecting(RangeLimits(len(LINEAGES) * CLIENTS * SWIPES_EACH, 1e6), Load(10_000, 10**9))
        self.collect = CollectSwipes(limits, closed, clock, SCHEMAS, lambda _: 0)
        compute = ComputeDeltas(TorchTrainer(LINEAGE_APPARATUS, LOCAL), DeltaCodec.FP16)
        memory = SwipeMemory(lambda *_: [], lambda *_: ([], 0), SCHEMAS, 0)
        transactions = SimpleNamespace(commit=lambda events, *_: self.events.extend(events))
        self.train = TrainRanges(
            *(closed, heads, compute, store, transactions, SCHEMAS, memory), lambda: NOBODY
        )
        self.closed = closed
        self.collect.assigned([], Membership("first"))

    def settle(self, values: Iterable[bytes]) -> None:
        """Train all of these swipes as one range."""
        records = [Record(SWIPES.name, 0, offset, b"key", value) for offset, value in enumerate(values)]
        self.collect.records(records)
        leased = self.closed.take()
        assert leased is not None
        self.train.settle(leased)


def typists(line: Lineage) -> list[Typist]:
    layout, lexicon = load_layout(line.layout), load_lexicon(line.lexicon)
    return simulate_typists(layout, lexicon, CLIENTS, SWIPES_EACH, seed=3, population=FACTORY)


def events(line: Lineage) -> list[bytes]:
    """What ingest writes of a lineage's typists."""
    return [
        codec.encode(
            recorded(
                client_id=f"{line.model_id}-{typist.client_id}",
                swipe_id=str(number),
                layout=line.layout,
                word=word,
                width=gesture.width,
                height=gesture.height,
                points=gesture.points,
            )
        )
        for typist in typists(line)
        for number, (word, gesture) in enumerate(zip(typist.words, typist.gestures, strict=True))
    ]


@pytest.fixture(scope="module")
def loops() -> dict[str, Served]:
    """All lineages, each after one round of training; their swipes lay mixed in one range."""
    store = InMemoryModelStore()
    served = {str(line.model_id): Served(line, store) for line in LINEAGES}
    trainer = Trainer(store, [one.begin() for one in served.values()])
    trainer.settle(value for mixed in zip(*map(events, LINEAGES), strict=True) for value in mixed)
    for out in trainer.events:
        assert isinstance(out.event, DeltaComputed), out.event
        served[out.event.model_id].fold(out)
    for one in served.values():
        one.work()
    return served


@pytest.mark.parametrize("line", LINEAGES, ids=lambda line: line.model_id)
def test_a_lineage_learns_from_its_own_clients_and_can_be_proven(
    loops: dict[str, Served], line: Lineage
) -> None:
    one = loops[line.model_id]
    head = one.chain.head
    assert head is not None
    assert head.version == 2
    assert (one.chain.event(2).folded, one.chain.event(2).examples) == (CLIENTS, CLIENTS * SWIPES_EACH)
    assert one.chain.event(2).model.key.startswith(f"{line.model_id}/models/")
    one.prove()


@pytest.mark.parametrize("line", LINEAGES, ids=lambda line: line.model_id)
def test_its_newest_model_answers_with_its_own_words(loops: dict[str, Served], line: Lineage) -> None:
    one = loops[line.model_id]
    words = [word for typist in typists(line) for word in typist.words]
    gestures = [gesture for typist in typists(line) for gesture in typist.gestures]
    found = one.predictor.predict(gestures, 3, [None] * len(gestures))
    assert (found.identity.model_id, found.identity.version) == (line.model_id, 2)
    right = sum(
        word in [each.word for each in answer] for word, answer in zip(words, found.words, strict=True)
    )
    assert right > 0.8 * len(words)


@pytest.mark.parametrize("line", LINEAGES, ids=lambda line: line.model_id)
def test_equal_deltas_give_equal_bytes_in_the_loop_and_in_a_simulation(
    loops: dict[str, Served], line: Lineage
) -> None:
    one = loops[line.model_id]
    base = one.architecture.join(factory_weights(line.model_id, one.architecture))
    simulated = Federation(line, one.architecture, RECIPE, Trained(base, {}))
    head = simulated.head
    for delta in one.deltas:
        simulated.fold(replace(delta, base_link=head.link))  # a link is named by where it lies
    assert simulated.head.version == 2
    assert to_bytes(simulated.head.weights) == one.store.get(one.chain.event(2).model)
