"""Which partitions are held back; reading itself is tested on a real broker."""

from types import SimpleNamespace
from typing import Any, cast

from confluent_kafka import KafkaError, TopicPartition

from fedswipe.kafka.outcome_reader import AHEAD_MS, Fronts

A, B, C = ("predictions", 0), ("swipes", 0), ("swipes", 1)
PLACES = (A, B, C)


class Consumer:
    """Remembers what is paused."""

    def __init__(self) -> None:
        self.paused: set[tuple[str, int]] = set()

    def pause(self, places: list[TopicPartition]) -> None:
        self.paused |= {(at.topic, at.partition) for at in places}

    def resume(self, places: list[TopicPartition]) -> None:
        self.paused -= {(at.topic, at.partition) for at in places}


def message(place: tuple[str, int], offset: int, ms: int) -> Any:
    return SimpleNamespace(
        topic=lambda: place[0],
        partition=lambda: place[1],
        offset=lambda: offset,
        timestamp=lambda: (1, ms),
        error=lambda: None,
    )


def end_of(place: tuple[str, int]) -> Any:
    error = SimpleNamespace(code=lambda: KafkaError._PARTITION_EOF, fatal=lambda: False)
    return SimpleNamespace(topic=lambda: place[0], partition=lambda: place[1], error=lambda: error)


def held(fronts: Fronts, consumer: Consumer) -> set[tuple[str, int]]:
    fronts.hold_back(cast(Any, consumer))
    return set(consumer.paused)


def test_what_is_far_ahead_waits_for_the_slowest_that_has_more() -> None:
    fronts, consumer = Fronts(dict.fromkeys(PLACES, 0), dict.fromkeys(PLACES, 10)), Consumer()
    for place, ms in ((A, 1), (B, 2), (C, 3)):
        assert fronts.take(message(place, 0, ms))
    assert held(fronts, consumer) == set()
    fronts.take(message(A, 1, 5 + AHEAD_MS))
    assert held(fronts, consumer) == {A}
    fronts.take(message(B, 1, 6 + AHEAD_MS))
    assert held(fronts, consumer) == {A, B}
    fronts.take(message(C, 1, 7 + AHEAD_MS))
    assert held(fronts, consumer) == set()


def test_nobody_waits_for_a_partition_that_is_read_to_its_end() -> None:
    fronts, consumer = Fronts(dict.fromkeys(PLACES, 0), dict.fromkeys(PLACES, 10)), Consumer()
    assert not fronts.take(end_of(B))
    assert not fronts.take(end_of(C))
    fronts.take(message(A, 0, 10 * AHEAD_MS))
    assert held(fronts, consumer) == set()


def test_it_is_done_when_every_partition_is_read_to_the_end_it_had() -> None:
    fronts = Fronts(dict.fromkeys(PLACES, 0), {A: 0, B: 2, C: 5})
    assert not fronts.done
    fronts.take(message(B, 1, 1))
    assert not fronts.done
    fronts.take(end_of(C))
    assert fronts.done, "an empty one, one by its last record, one by the broker's word"
