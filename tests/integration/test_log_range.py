"""Reading a stretch of a partition again, on a real broker, with open, aborted and committed transactions."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from fedswipe.events import Event
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.log_range import read_range
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.stack import Stack
from fedswipe.topology import SWIPES, Topic

SECONDS = 20.0


@pytest.fixture
def settings(stack: Stack) -> KafkaSettings:
    return KafkaSettings(stack.kafka)


@pytest.fixture
def topic(settings: KafkaSettings) -> Topic[Event]:
    """An empty topic of one partition."""
    mine = replace(SWIPES, name=f"range-{uuid.uuid4().hex}", partitions=1)
    admin = AdminClient(settings.client())
    admin.create_topics([NewTopic(mine.name, 1, 1)])[mine.name].result(SECONDS)
    return mine


@contextmanager
def transaction(settings: KafkaSettings, topic: Topic[Event], *values: bytes) -> Iterator[Producer]:
    """Yield a producer whose open transaction has written these."""
    producer = Producer(settings.producer() | {"transactional.id": uuid.uuid4().hex})
    producer.init_transactions(SECONDS)
    producer.begin_transaction()
    for value in values:
        producer.produce(topic.name, value, partition=0)
    assert producer.flush(SECONDS) == 0
    yield producer


def read(settings: KafkaSettings, topic: Topic[Event], start: int, end: int) -> list[bytes | None]:
    return [record.value for record in read_range(settings, topic, 0, start, end)]


def test_committed_records_within_the_range_come_in_order(
    settings: KafkaSettings, topic: Topic[Event]
) -> None:
    with transaction(settings, topic, b"0", b"1", b"2") as one:
        one.commit_transaction(SECONDS)
    assert read(settings, topic, 1, 3) == [b"1", b"2"]
    assert read(settings, topic, 0, 0) == []


def test_a_range_that_ends_in_aborted_records_and_markers_ends(
    settings: KafkaSettings, topic: Topic[Event]
) -> None:
    with transaction(settings, topic, b"0") as one:
        one.commit_transaction(SECONDS)
    with transaction(settings, topic, b"2") as two:
        two.abort_transaction(SECONDS)
    assert read(settings, topic, 0, 4) == [b"0"]


def test_an_open_transaction_is_waited_for_not_passed_over(
    settings: KafkaSettings, topic: Topic[Event]
) -> None:
    started = threading.Event()

    def reading() -> list[bytes | None]:
        started.set()
        return read(settings, topic, 0, 2)

    with transaction(settings, topic, b"0", b"1") as one, ThreadPoolExecutor(1) as thread:
        found = thread.submit(reading)
        assert started.wait(SECONDS)
        with pytest.raises(TimeoutError):
            found.result(1.0)  # it goes on waiting
        one.commit_transaction(SECONDS)
        assert found.result(SECONDS) == [b"0", b"1"]


def test_a_range_beyond_the_end_is_no_silent_nothing(
    settings: KafkaSettings, topic: Topic[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedswipe.kafka.log_range.OPEN_TRANSACTION_SECONDS", 0.2)
    with pytest.raises(BrokerUnavailable, match="before 5"):
        read(settings, topic, 0, 5)
