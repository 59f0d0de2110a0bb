"""A client that has known no broker for a while is given up."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import pytest
from confluent_kafka import OFFSET_BEGINNING, KafkaError, Message

from fedswipe.kafka import partition_reader, producer
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.forgotten_brokers import TIMES, BrokersForgotten, Watch
from fedswipe.kafka.partition_reader import PartitionReader
from fedswipe.kafka.record import Record
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import GLOBAL_MODELS, SCHEMAS

LOST, GIVEN, LEARNED = ("logical",), ("logical", "configured"), ("logical", "learned")


def statistics(sources: Iterable[str]) -> str:
    return json.dumps({"brokers": {str(n): {"source": source} for n, source in enumerate(sources)}})


def look(watch: Watch, sources: Iterable[str], times: int) -> None:
    for _ in range(times):
        watch(statistics(sources))


def test_a_client_that_knows_no_address_for_a_while_is_given_up() -> None:
    watch = Watch()
    look(watch, LOST, TIMES - 1)
    with pytest.raises(BrokersForgotten):
        look(watch, LOST, 1)


@pytest.mark.parametrize("known", [GIVEN, LEARNED])
def test_one_that_knows_a_broker_goes_on_however_long_that_is_away(known: tuple[str, ...]) -> None:
    watch = Watch()
    for _ in range(3):
        look(watch, LOST, TIMES - 1)
        look(watch, known, 1)


def test_it_is_told_once_so_that_what_the_client_holds_can_be_given_back() -> None:
    watch = Watch()
    with pytest.raises(BrokersForgotten):
        look(watch, LOST, TIMES)
    look(watch, LOST, TIMES - 1)


class Client:
    """A producer or a consumer that has forgotten every broker: it says so whenever it is polled."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._held: list[Callable[[KafkaError, None], None]] = []
        self._tell = config["stats_cb"]

    def poll(self, timeout: float) -> None:
        self._tell(statistics(LOST))

    def consume(self, most: int, timeout: float) -> list[Any]:
        self._tell(statistics(LOST))
        return []

    def assign(self, partitions: Any) -> None: ...
    def close(self) -> None: ...

    def get_watermark_offsets(self, partition: Any, timeout: float) -> tuple[int, int]:
        return 0, 0

    def produce(self, topic: str, *event: Any, on_delivery: Any, **more: Any) -> None:
        if topic != SCHEMAS.name:  # those are said to have been acknowledged
            self._held.append(on_delivery)

    def flush(self, timeout: float = 0.0) -> int:
        for tell in self._held:
            tell(KafkaError(KafkaError._MSG_TIMED_OUT), None)
        self._held.clear()
        return 0


def test_a_partitions_reader_goes_on_with_another_one_from_where_it_stood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assigned: list[int] = []
    taken: list[int] = []

    class OneRecord(Client):
        """Gives the record that it was assigned to, then finds out that it is lost."""

        def assign(self, partitions: Any) -> None:
            (start,) = partitions
            assigned.append(start.offset)
            self._records = [Message(topic="t", partition=0, offset=max(start.offset, 0))]

        def consume(self, most: int, timeout: float) -> list[Any]:
            return [self._records.pop()] if self._records else super().consume(most, timeout)

        def get_watermark_offsets(self, partition: Any, timeout: float) -> tuple[int, int]:
            return 0, 2

    def take(records: Sequence[Record]) -> None:
        taken.extend(record.offset for record in records)
        if len(taken) == 3:
            reader.stop()

    monkeypatch.setattr(partition_reader, "Consumer", OneRecord)
    reader = PartitionReader(KafkaSettings(), GLOBAL_MODELS, 0, take, caught_up=lambda: None)
    reader.run()
    assert (assigned, taken) == ([OFFSET_BEGINNING, 1, 2], [0, 1, 2])


def test_a_producer_is_replaced_and_what_it_held_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, replaced = threading.Event(), threading.Event()

    class Lost(Client):
        """Finds out once there is something to lose."""

        opened: ClassVar[int] = 0

        def __init__(self, config: Mapping[str, Any]) -> None:
            super().__init__(config)
            Lost.opened += 1
            if Lost.opened == 2:
                replaced.set()

        def poll(self, timeout: float) -> None:
            if lost.wait(timeout):
                super().poll(timeout)

    monkeypatch.setattr(producer, "Producer", Lost)
    with producer.EventProducer(KafkaSettings()) as sender:
        sent = sender.send_bytes("topic", b"", key=None, partition=0)
        lost.set()
        with pytest.raises(BrokerUnavailable):
            sent.result(10)
        assert replaced.wait(10), "no other client took the lost one's place"
