"""Following partitions on a real broker: gaps of transactions, what has expired, a second run."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from fedswipe.backoff import retry_until_stopped
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.kafka.tail_reader import Place, TailReader
from fedswipe.local.stack import Stack
from fedswipe.testing.until import until

SECONDS = 20.0
PARTITIONS = 2


@pytest.fixture
def settings(stack: Stack) -> KafkaSettings:
    return KafkaSettings(stack.kafka)


@pytest.fixture
def topic(settings: KafkaSettings) -> str:
    name = f"tail-{uuid.uuid4().hex}"
    admin = AdminClient(settings.client())
    admin.create_topics([NewTopic(name, PARTITIONS, 1)])[name].result(SECONDS)
    return name


def write(
    settings: KafkaSettings, topic: str, *values: bytes, partition: int = 0, commit: bool = True
) -> None:
    """Write these in a transaction, which leaves a marker behind them."""
    producer = Producer(settings.producer() | {"transactional.id": uuid.uuid4().hex})
    producer.init_transactions(SECONDS)
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, value, partition=partition)
    assert producer.flush(SECONDS) == 0
    (producer.commit_transaction if commit else producer.abort_transaction)(SECONDS)


class Taken:
    """What a reader handed over."""

    def __init__(self) -> None:
        self.values: list[bytes | None] = []
        self.stamps: list[int] = []

    def __call__(self, messages: list[Message]) -> None:
        self.values += [message.value() for message in messages]
        self.stamps += [message.timestamp()[1] for message in messages]


@contextmanager
def following(settings: KafkaSettings, starts: dict[Place, int], taken: Taken) -> Iterator[TailReader]:
    """Follow as services do: a partition that was just made has no leader for a moment."""
    reader, stopping = TailReader(settings, starts, taken), threading.Event()
    thread = threading.Thread(target=retry_until_stopped, args=(reader.run, stopping), daemon=True)
    thread.start()
    try:
        yield reader
    finally:
        stopping.set()
        reader.stop()
        thread.join(SECONDS)
        assert not thread.is_alive()


def test_committed_records_come_with_their_time_and_aborted_ones_do_not(
    settings: KafkaSettings, topic: str
) -> None:
    write(settings, topic, b"a", b"b")
    write(settings, topic, b"lost", commit=False)
    write(settings, topic, b"c", partition=1)
    taken = Taken()
    with following(settings, {(topic, p): 0 for p in range(PARTITIONS)}, taken) as reader:
        until(lambda: reader.caught_up, "the ends", SECONDS)
        assert sorted(value or b"" for value in taken.values) == [b"a", b"b", b"c"]
        assert min(taken.stamps) > 1_500_000_000_000
        write(settings, topic, b"d")
        until(lambda: taken.values[-1] == b"d", "what comes later", SECONDS)


def test_it_begins_where_it_is_told_to_or_at_the_first_that_is_kept(
    settings: KafkaSettings, topic: str
) -> None:
    write(settings, topic, b"0", b"1", b"2", b"3")
    later = Taken()
    with following(settings, {(topic, 0): 2}, later) as reader:
        until(lambda: reader.caught_up, "the end", SECONDS)
    assert later.values == [b"2", b"3"]
    admin = AdminClient(settings.client())
    (deleted,) = admin.delete_records([TopicPartition(topic, 0, 3)]).values()
    deleted.result(SECONDS)
    kept = Taken()
    with following(settings, {(topic, 0): 0}, kept) as reader:
        until(lambda: reader.caught_up, "the end", SECONDS)
    assert kept.values == [b"3"]


def test_an_empty_topic_is_read_to_its_end_at_once(settings: KafkaSettings, topic: str) -> None:
    with following(settings, {(topic, p): 0 for p in range(PARTITIONS)}, Taken()) as reader:
        until(lambda: reader.caught_up, "the ends", SECONDS)
