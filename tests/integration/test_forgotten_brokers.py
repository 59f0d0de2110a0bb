"""Clients that asked while their broker shut down, and believe what it said then, are given up."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException

from fedswipe.kafka import consume_loop, schemas
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.consume_loop import ConsumeLoop
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.forgotten_brokers import BrokersForgotten
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.stack import OwnStack
from fedswipe.testing.stacks import own_stack
from fedswipe.topology import SWIPES, TRAINERS

DEADLINE = 60.0  # seconds
TRIES = 15  # the fault needs an unlucky moment; on a busy machine five restarts had none
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


class Handler:
    """Takes whatever comes."""

    def assigned(self, partitions: Any, membership: Any) -> Any:
        return partitions

    def revoked(self) -> None: ...
    def records(self, batch: Any) -> None: ...
    def reached(self, topic: str, partition: int, offset: int) -> None: ...

    def rewind(self) -> list[Any]:
        return []

    def has_room(self) -> bool:
        return True


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnStack]:
    with own_stack(tmp_path_factory.mktemp("forgotten")) as stack:
        Admin(KafkaSettings(stack.kafka)).create_topics()
        yield stack


def restart_while(stack: OwnStack, asks: Callable[[], bool]) -> None:
    """Stop the broker cleanly while somebody asks it, and start it again."""
    broker = stack.broker.instance
    assert asks()
    stopping = threading.Thread(target=broker.stop, args=[DEADLINE])
    stopping.start()
    while stopping.is_alive():
        asks()
    broker.restart()


def lists_topics(client: Consumer) -> bool:
    try:
        client.list_topics(SWIPES.name, 3.0)
    except KafkaException:
        return False
    return True


@pytest.fixture
def lost(mortal: OwnStack) -> Callable[[Any], Consumer]:
    """Opens a consumer that has forgotten every broker; now and then one has not, and another is tried."""

    def connect(config: Any) -> Consumer:
        for _ in range(TRIES):
            client = Consumer(config)
            restart_while(mortal, partial(lists_topics, client))
            if not lists_topics(client):
                return client
            client.close()
        raise AssertionError(f"no client forgot its broker in {TRIES} restarts: is the fault mended?")

    return connect


def test_a_service_that_reads_with_it_ends_and_says_why(
    mortal: OwnStack, lost: Callable[[Any], Consumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consume_loop, "Consumer", lost)
    loop = ConsumeLoop(KafkaSettings(mortal.kafka), TRAINERS, Handler())
    too_late = threading.Timer(DEADLINE, loop.stop)
    too_late.start()
    with pytest.raises(BrokersForgotten):
        loop.run()
    too_late.cancel()


def test_schemas_are_looked_up_with_another_one(
    mortal: OwnStack, lost: Callable[[Any], Consumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = PublishedSchemas(KafkaSettings(mortal.kafka))
    with monkeypatch.context() as patched:
        patched.setattr(schemas, "Consumer", lost)
        with pytest.raises(BrokerUnavailable):
            known.schema(b"unknown!")
    assert known.schema(b"unknown!") is None
    known.close()
