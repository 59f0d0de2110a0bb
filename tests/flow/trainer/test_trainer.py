"""The trainer's rule 2 on a real broker."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import TopicPartition

from fedswipe.events import ClientId, DeltaCodec, DeltaComputed, DeltaId, OffsetRange, Sha256, Version
from fedswipe.kafka.errors import BrokerUnavailable, Fenced
from fedswipe.kafka.transaction import Outgoing
from fedswipe.topology import LINEAGES, SWIPES, TRAIN_REQUESTS, TRAINERS, WEIGHT_DELTAS
from services.trainer.ranges import RangeLimits

if TYPE_CHECKING:
    from conftest import FailsOnce, Flow

Eventually = Callable[[Callable[[], bool]], None]
NEVER = RangeLimits(swipes=100, seconds=1e9)  # only a request closes a range


def used(flow: "Flow", client: str) -> Counter[int]:
    """How many committed deltas hold each of a client's swipes, by offset."""
    return Counter(o for delta in flow.deltas() if delta.client_id == client for o in delta.swipe_offsets)


def delta_of(client: str, swipe: int) -> Outgoing:
    """A delta as it leaves a trainer."""
    line = LINEAGES[0]
    delta = DeltaComputed(
        *(DeltaId(f"of {client}"), line.model_id, Version(1), Sha256("ab" * 32), ClientId(client)),
        *(OffsetRange(5, swipe, swipe + 1), (swipe,), 1, 1.0, 0.5, DeltaCodec.FP16, b"", None),
    )
    return Outgoing(WEIGHT_DELTAS, delta, line.model_id.encode(), line.partition)


def test_each_client_gets_one_delta_and_what_is_unreadable_a_letter(
    flow: "Flow", eventually: Eventually
) -> None:
    ann = [flow.swipe("ann", i) for i in range(5)]
    broken = flow.producer.send_bytes(SWIPES.name, b"?", key="x", partition=0).result()
    bob = [flow.swipe("bob", i) for i in range(5)]
    repeat = flow.swipe("ann", 3)
    flow.member()
    eventually(lambda: flow.committed(SWIPES.name) == repeat + 1)
    assert used(flow, "ann") == Counter(ann)
    assert used(flow, "bob") == Counter(bob)
    assert [(letter.offset, letter.value) for letter in flow.letters()] == [(broken, b"?")]


def test_a_request_closes_the_range_and_is_settled_with_it(flow: "Flow", eventually: Eventually) -> None:
    swipes = [flow.swipe("cid", i, partition=1) for i in range(4)]
    request = flow.request(swipes[2] + 1, partition=1)
    flow.member(NEVER)
    eventually(lambda: flow.committed(TRAIN_REQUESTS.name, 1) == request + 1)
    assert used(flow, "cid") == Counter(swipes[:3])
    assert flow.committed(SWIPES.name, 1) == swipes[3]
    second = flow.request(swipes[3] + 1, partition=1)
    eventually(lambda: flow.committed(TRAIN_REQUESTS.name, 1) == second + 1)
    assert used(flow, "cid") == Counter(swipes)


def test_a_request_whose_end_lies_behind_a_gap_is_settled(flow: "Flow", eventually: Eventually) -> None:
    from fedswipe.kafka.transaction import TransactionalProducer

    swipe = flow.swipe("dan", 1, partition=2)
    gateway = TransactionalProducer(flow.settings, "gateway")._producer
    gateway.begin_transaction()
    gateway.produce(SWIPES.name, b"never committed", partition=2)
    gateway.flush()
    gateway.abort_transaction()
    request = flow.request(flow.admin.ends(SWIPES)[2], partition=2)
    flow.member(NEVER)
    eventually(lambda: flow.committed(TRAIN_REQUESTS.name, 2) == request + 1)
    assert used(flow, "dan") == Counter([swipe])


def test_stopping_between_training_and_commit_loses_nothing_and_doubles_nothing(
    flow: "Flow", eventually: Eventually
) -> None:
    first = flow.member(RangeLimits(100, 0.1))
    first.trainer.go.clear()
    swipes = [flow.swipe("eve", i, partition=3) for i in range(6)]
    assert first.trainer.started.wait(30)
    first.loop.stop()
    first.threads[0].join(30)
    first.trainer.go.set()
    first.stop()
    assert used(flow, "eve") == Counter()
    flow.member()
    eventually(lambda: flow.committed(SWIPES.name, 3) == swipes[-1] + 1)
    assert used(flow, "eve") == Counter(swipes)


@pytest.mark.parametrize("error", [BrokerUnavailable("a test says so"), Fenced("a test says so")])
def test_after_a_refused_transaction_the_member_reads_again_from_the_committed_offsets(
    flow: "Flow", eventually: Eventually, fails_once: "type[FailsOnce]", error: Exception
) -> None:
    client = f"fay-{type(error).__name__}"
    flow.member(RangeLimits(4, 0.5), lambda inner: fails_once(inner, error))
    swipes = [flow.swipe(client, i, partition=4) for i in range(10)]
    request = flow.request(swipes[-1] + 1, partition=4)
    eventually(lambda: flow.committed(TRAIN_REQUESTS.name, 4) == request + 1)
    eventually(lambda: flow.committed(SWIPES.name, 4) == swipes[-1] + 1)
    assert used(flow, client) == Counter(swipes)


def test_the_membership_of_an_assignment_cannot_commit_after_a_rebalance(
    flow: "Flow", eventually: Eventually
) -> None:
    old = flow.member()
    eventually(lambda: old.collect.is_assigned)
    lease = old.collect._lease
    assert lease is not None
    new = flow.member()
    eventually(lambda: new.collect.is_assigned and lease.lost.is_set() and old.collect.is_assigned)
    at = [TopicPartition(SWIPES.name, 5, 0)]
    old.train.stop()
    with pytest.raises(Fenced):
        old.producer.commit([delta_of("ivy", 7)], at, lease.membership)
    assert used(flow, "ivy") == Counter(), "the delta was written, the offsets were refused"
    current = old.collect._lease
    assert current is not None
    old.producer.commit([delta_of("ivy", 7)], at, current.membership)  # the generation is what counts
    assert used(flow, "ivy") == Counter([7])


def test_a_range_that_moves_while_it_is_trained_is_counted_once(flow: "Flow", eventually: Eventually) -> None:
    old = flow.member(RangeLimits(100, 0.1))
    old.trainer.go.clear()
    swipes = {p: [flow.swipe(f"gus-{p}", i, partition=p) for i in range(3)] for p in range(SWIPES.partitions)}
    assert old.trainer.started.wait(30)
    flow.member()
    eventually(
        lambda: any(
            flow.admin.committed(TRAINERS)[SWIPES.name, p] == offsets[-1] + 1 for p, offsets in swipes.items()
        )
    )
    old.trainer.go.set()
    eventually(
        lambda: all(
            flow.admin.committed(TRAINERS)[SWIPES.name, p] == offsets[-1] + 1 for p, offsets in swipes.items()
        )
    )
    for p, offsets in swipes.items():
        assert used(flow, f"gus-{p}") == Counter(offsets)
