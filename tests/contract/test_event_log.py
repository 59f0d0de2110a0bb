"""One suite over the event log's ports: the in-memory twin, and the real producer and admin."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from confluent_kafka import Consumer, TopicPartition

from fedswipe import codec
from fedswipe.event_log import EventSink, LogEnds
from fedswipe.events import ClientId, SwipeRecorded, TrainingRequested
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.record import Record
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.ports import FreePorts
from fedswipe.swipe_check import recorded
from fedswipe.testing.event_log import InMemoryEventLog
from fedswipe.topology import SWIPES, TRAIN_REQUESTS


@dataclass(frozen=True)
class Log:
    """The two ports, and a way to read a record back that is none of theirs."""

    sink: EventSink
    ends: LogEnds
    read: Callable[[str, int, int], Record]


@pytest.fixture(params=["twin", "kafka"])
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    if request.param == "twin":
        twin = InMemoryEventLog()
        yield Log(twin, twin, twin.read)
        return
    settings = KafkaSettings(request.getfixturevalue("stack").kafka)
    admin = Admin(settings)
    admin.create_topics()
    with EventProducer(settings) as producer:
        yield Log(producer, admin, lambda *place: read_back(settings, *place))


def read_back(settings: KafkaSettings, topic: str, partition: int, offset: int) -> Record:
    consumer = Consumer(settings.reader("contract-event-log"))
    try:
        consumer.assign([TopicPartition(topic, partition, offset)])
        message = consumer.poll(10)
        assert message is not None
        assert message.error() is None
        return Record.of(message)
    finally:
        consumer.close()


def swipe(number: int) -> SwipeRecorded:
    return recorded(
        client_id="ann",
        swipe_id=f"s{number}",
        layout="qwerty-en",
        word=None if number % 2 else "hi",
        width=300,
        height=180,
        points=[(10.5, 20, 100), (11, 21, 116 + number)],
    )


def test_what_was_sent_is_at_the_offset_that_the_future_gives(log: Log) -> None:
    sent = [log.sink.send(SWIPES, swipe(n), key="ann", partition=3) for n in range(20)]
    for n, future in enumerate(sent):
        record = log.read(SWIPES.name, 3, future.result(10))
        assert (record.key, record.partition) == (b"ann", 3)
        assert codec.decode(SwipeRecorded, record.value, codec.PackagedSchemas()) == swipe(n)


def test_one_partition_keeps_the_order_of_sending(log: Log) -> None:
    sent = [log.sink.send(SWIPES, swipe(n), key="ann", partition=5).result(10) for n in range(3)]
    later = [log.sink.send(SWIPES, swipe(n), key="ann", partition=5) for n in range(20)]
    offsets = sent + [future.result(10) for future in later]
    assert offsets == list(range(offsets[0], offsets[0] + 23))


def test_ends_are_the_offsets_behind_the_last_record_of_every_partition(log: Log) -> None:
    before = log.ends.ends(TRAIN_REQUESTS)
    assert set(before) == set(range(TRAIN_REQUESTS.partitions))
    request = TrainingRequested("r", ClientId("ann"), 2, 7)
    offset = log.sink.send(TRAIN_REQUESTS, request, key="ann", partition=2).result(10)
    assert offset == before[2]
    assert log.ends.ends(TRAIN_REQUESTS) == before | {2: before[2] + 1}


def test_without_a_broker_the_twin_fails_like_the_real_ones() -> None:
    twin = InMemoryEventLog()
    twin.available = False
    with pytest.raises(BrokerUnavailable):
        twin.ends(SWIPES)
    with pytest.raises(BrokerUnavailable):
        twin.send(SWIPES, swipe(1), key="ann", partition=0).result(0)
    nowhere = KafkaSettings(f"127.0.0.1:{FreePorts().take('nobody')}", request_timeout_ms=1_000)
    with pytest.raises(BrokerUnavailable):
        Admin(nowhere).ends(SWIPES)
    with pytest.raises(BrokerUnavailable):
        EventProducer(nowhere)
