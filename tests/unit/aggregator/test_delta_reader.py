from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import TopicPartition

from fedswipe.kafka.consume_loop import Membership
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.record import Record
from fedswipe.topology import LINEAGES, WEIGHT_DELTAS
from services.aggregator.delta_reader import MOST_BYTES, DeltaReader
from services.aggregator.mailbox import Assigned, Deltas, Mail, Revoked, Sought

LINE = LINEAGES[0]
ALL = [TopicPartition(WEIGHT_DELTAS.name, p) for p in range(WEIGHT_DELTAS.partitions)]
OTHERS = [p for p in ALL if p.partition != LINE.partition]


def reader(end: int | None = 7, caught_up: bool = True) -> tuple[DeltaReader, list[Mail]]:
    head = None if end is None else SimpleNamespace(end=end)
    chain = SimpleNamespace(chain=SimpleNamespace(head=head), wait_caught_up=lambda _: caught_up)
    posted: list[Mail] = []
    return DeltaReader(LINE, cast(Any, chain), posted.append), posted


def record(size: int) -> Record:
    return Record(WEIGHT_DELTAS.name, LINE.partition, 0, None, bytes(size))


@pytest.mark.parametrize(("end", "start"), [(None, 0), (0, 0), (7, 7)])
def test_it_reads_its_partition_alone_and_from_the_heads_end(end: int | None, start: int) -> None:
    deltas, posted = reader(end)
    (ours,) = deltas.assigned(ALL, Membership(None))
    assert (ours.partition, ours.offset) == (LINE.partition, start)
    assert posted == [Assigned(start)]


def test_partitions_of_others_are_left_alone() -> None:
    deltas, posted = reader()
    assert deltas.assigned(OTHERS, Membership(None)) == []
    assert posted == []


def test_it_does_not_start_before_the_chain_is_read() -> None:
    deltas, _ = reader(caught_up=False)
    with pytest.raises(BrokerUnavailable):
        deltas.assigned(ALL, Membership(None))


def test_a_seek_is_told_before_its_first_record_and_the_newest_counts() -> None:
    deltas, posted = reader()
    deltas.assigned(ALL, Membership(None))
    first, second = deltas.seek(3), deltas.seek(5)
    assert first != second
    (sought,) = deltas.rewind()
    assert (sought.partition, sought.offset) == (LINE.partition, 5)
    assert posted[1:] == [Sought(second)]
    assert deltas.rewind() == ()


@pytest.mark.parametrize("before", [True, False])
def test_a_seek_is_void_when_the_partition_has_gone(before: bool) -> None:
    deltas, posted = reader()
    deltas.assigned(ALL, Membership(None))
    if before:
        deltas.seek(3)
    deltas.revoked()
    if not before:
        deltas.seek(3)
    assert deltas.rewind() == ()
    assert posted[1:] == [Revoked()]


def test_it_makes_room_by_bytes_that_wait() -> None:
    deltas, posted = reader()
    deltas.records([record(MOST_BYTES - 1)])
    assert deltas.has_room()
    deltas.records([record(1)])
    assert not deltas.has_room()
    deltas.handled(posted[0])
    assert deltas.has_room()
    assert isinstance(posted[1], Deltas)
