"""A client that asked for metadata while its broker shut down knows no broker any more, and is given up."""

import threading
from collections.abc import Iterator
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import Consumer, KafkaException

from fedswipe.kafka import consume_loop
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.consume_loop import ConsumeLoop
from fedswipe.kafka.forgotten_brokers import BrokersForgotten
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.stack import OwnStack
from fedswipe.testing.stacks import own_stack
from fedswipe.topology import SWIPES, TRAINERS

DEADLINE = 60.0  # seconds
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


@pytest.fixture
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnStack]:
    with own_stack(tmp_path_factory.mktemp("forgotten")) as stack:
        Admin(KafkaSettings(stack.kafka)).create_topics()
        yield stack


def forget(stack: OwnStack, client: Consumer) -> None:
    """Stop the broker cleanly while the client asks; afterwards the broker is there, and the client lost."""
    broker = stack.broker.instance
    assert lists_topics(client)
    stopping = threading.Thread(target=broker.stop, args=[DEADLINE])
    stopping.start()
    while stopping.is_alive():
        lists_topics(client)
    broker.restart()
    assert not lists_topics(client), "the client has found its broker again"


def lists_topics(client: Consumer) -> bool:
    try:
        client.list_topics(SWIPES.name, 3.0)
    except KafkaException:
        return False
    return True


def test_a_service_that_reads_with_it_ends_and_says_why(
    mortal: OwnStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(config: Any) -> Consumer:
        client = confluent_kafka.Consumer(config)
        forget(mortal, client)
        return client

    monkeypatch.setattr(consume_loop, "Consumer", lost)
    loop = ConsumeLoop(KafkaSettings(mortal.kafka), TRAINERS, Handler())
    too_late = threading.Timer(DEADLINE, loop.stop)
    too_late.start()
    with pytest.raises(BrokersForgotten):
        loop.run()
    too_late.cancel()
