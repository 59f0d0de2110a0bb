"""Swipes in over HTTP, a better model out over HTTP, with real Kafka, MinIO and services in between."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import pytest

from fedswipe import codec
from fedswipe.demo.crowd import Client
from fedswipe.demo.gateway import Gateway, Served
from fedswipe.events import ClientId, DeadLettered, Event, SwipeId, SwipeRecorded
from fedswipe.kafka.partitioning import partition_of
from fedswipe.kafka.producer import EventProducer
from fedswipe.learning.verdict import Verdict
from fedswipe.swipe.gesture import LabelledGesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import simulate_typists
from fedswipe.testing.proof import SwipeKey, prove_chain, prove_swipes, read_letters
from fedswipe.testing.running_loop import RunningLoop
from fedswipe.testing.until import until
from fedswipe.topology import GLOBAL_MODELS, SWIPES, TRAIN_REQUESTS, WEIGHT_DELTAS, Topic

DEADLINE = 90.0  # seconds; reached only by a failure
PEOPLE, SWIPES_EACH = 6, 8

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def people(loop: RunningLoop, seed: int) -> list[Client]:
    layout, lexicon = load_layout(loop.lineage.layout), load_lexicon(loop.lineage.lexicon)
    typists = simulate_typists(layout, lexicon, PEOPLE, SWIPES_EACH, seed)
    return [
        Client(f"{seed}-{one.client_id}", tuple(map(LabelledGesture, one.words, one.gestures)))
        for one in typists
    ]


def keys_of(clients: list[Client]) -> list[SwipeKey]:
    """Return the keys under which a gateway records these people's swipes."""
    return [
        SwipeKey(ClientId(client.id), SwipeId(f"{client.id}-{n}"))
        for client in clients
        for n in range(len(client.swipes))
    ]


@pytest.fixture
def gateway(loop: RunningLoop) -> Iterator[Gateway]:
    gateway = Gateway(loop.urls["ingest"], loop.urls["predictor"], loop.lineage.layout)
    yield gateway
    gateway.close()


@pytest.fixture
def producer(loop: RunningLoop) -> Iterator[EventProducer]:
    with EventProducer(loop.kafka) as producer:
        yield producer


def test_swipes_become_a_model_that_is_served(loop: RunningLoop, gateway: Gateway) -> None:
    clients = people(loop, seed=1)
    before = gateway.served()
    assert gateway.record(clients) == PEOPLE * SWIPES_EACH
    gateway.train()
    loop.watch.wait_for(before.version + 1, DEADLINE)
    loop.wait_settled(DEADLINE)
    loop.wait_served(DEADLINE)

    model = loop.watch.event(loop.watch.version).model
    assert gateway.served() == Served(loop.watch.version, model.sha256)
    assert gateway.served().sha256 != before.sha256
    swipes = [swipe for client in clients for swipe in client.swipes]
    words = set(load_lexicon(loop.lineage.lexicon).words)
    predicted = gateway.predict(swipes, 3)
    assert all(len(found) == 3 and words.issuperset(found) for found in predicted)
    right = sum(swipe.word in found for swipe, found in zip(swipes, predicted, strict=True))
    assert right > len(swipes) / 2
    prove_swipes(loop.kafka, keys_of(clients))
    prove_chain(loop.kafka, loop.store, loop.lineage)


def test_a_swipe_that_is_sent_again_counts_once(loop: RunningLoop, gateway: Gateway) -> None:
    clients = people(loop, seed=2)
    gateway.record([*clients, *clients])  # twice in one request
    loop.wait_settled(DEADLINE)
    gateway.record(clients)  # and again, long after it was trained
    loop.wait_settled(DEADLINE)
    prove_swipes(loop.kafka, keys_of(clients))


def test_bytes_that_mean_nothing_become_letters_and_the_loop_goes_on(
    loop: RunningLoop, gateway: Gateway, producer: EventProducer
) -> None:
    clients, before = people(loop, seed=3), loop.watch.version
    wrong = send_nonsense(loop, producer, clients[0].id)
    gateway.record(clients)
    gateway.train()
    loop.watch.wait_for(before + 1, DEADLINE)
    loop.wait_settled(DEADLINE)
    loop.wait_served(DEADLINE)

    for each in wrong:
        letter = until(partial(letter_of, loop, each), f"a letter for {each}", DEADLINE)
        assert (letter.value, letter.reason) == (each.value, each.reason)
        assert letter.detail
    assert all(process.running for process in loop.services.values())
    prove_swipes(loop.kafka, keys_of(clients))
    prove_chain(loop.kafka, loop.store, loop.lineage)


def test_without_the_store_no_link_appears_and_then_the_loop_goes_on(
    loop: RunningLoop, gateway: Gateway
) -> None:
    clients, before = people(loop, seed=4), loop.watch.version
    store = loop.stack.store.instance
    store.kill()
    gateway.record(clients)  # the trainer goes on from the model that it has
    gateway.train()
    waiting = (503, {"chain": "ok", "store": "circuit open"})
    until(lambda: loop.ready("aggregator") == waiting, "the aggregator misses the store", DEADLINE)
    until(lambda: loop.untrained == 0, "every swipe is trained", DEADLINE, every=0.25)
    assert loop.watch.version == before
    assert gateway.predict(clients[0].swipes[:1], 1)

    store.restart()
    loop.watch.wait_for(before + 1, DEADLINE)
    loop.wait_settled(DEADLINE)
    loop.wait_served(DEADLINE)
    until(lambda: loop.ready("aggregator")[0] == 200, "the aggregator is ready", DEADLINE)
    prove_swipes(loop.kafka, keys_of(clients))
    prove_chain(loop.kafka, loop.store, loop.lineage)


@dataclass(frozen=True)
class Nonsense:
    """A record that a foreign producer wrote, and the reason that its dead letter will give."""

    topic: Topic[Event]
    partition: int
    value: bytes
    reason: str
    offset: int = -1


def send_nonsense(loop: RunningLoop, producer: EventProducer, client: str) -> list[Nonsense]:
    """Put records that nobody can use onto each topic; return those that will have a dead letter."""
    at, line = partition_of(client, SWIPES.partitions), loop.lineage.partition
    swipe = SwipeRecorded(
        *(ClientId(client), SwipeId("not-finite"), loop.lineage.layout, "word", 360.0, 216.0),
        *((math.nan, 9.0), (1.0, 9.0), (0.0, 9.0)),
    )
    wrong = [
        Nonsense(SWIPES, at, b"no event", "not_single_object"),
        Nonsense(SWIPES, at, codec.encode(swipe), "not_finite"),
        Nonsense(SWIPES, at, codec.encode(swipe)[:-4], "malformed"),
        Nonsense(TRAIN_REQUESTS, at, codec.encode(swipe), "other_event"),
        Nonsense(WEIGHT_DELTAS, line, b"no event", Verdict.UNREADABLE),
        Nonsense(GLOBAL_MODELS, line, b"no event", "not a link, and no letter either"),
    ]
    sent = [
        producer.send_bytes(each.topic.name, each.value, key=client, partition=each.partition)
        for each in wrong
    ]
    placed = [replace(each, offset=offset.result()) for each, offset in zip(wrong, sent, strict=True)]
    return [each for each in placed if each.topic is not GLOBAL_MODELS]


def letter_of(loop: RunningLoop, wrong: Nonsense) -> DeadLettered | None:
    """Return a record's dead letter, if it has been written."""
    letters = read_letters(loop.kafka, wrong.topic)
    place = (wrong.topic.name, wrong.partition, wrong.offset)
    return next((each for each in letters if (each.topic, each.partition, each.offset) == place), None)
