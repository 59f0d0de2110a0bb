import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from fedswipe import codec
from fedswipe.events import DeadLettered, SwipeRecorded
from fedswipe.kafka.consume_loop import Membership
from fedswipe.kafka.errors import BrokerUnavailable, Fenced
from fedswipe.topology import SWIPES, TRAIN_REQUESTS, WEIGHT_DELTAS, dead_letters

if TYPE_CHECKING:
    from conftest import Rig


def test_each_client_of_a_range_gets_one_delta_in_one_transaction_with_the_offsets(rig: "Rig") -> None:
    rig.swipe("ann", "1")
    rig.swipe("bob", "1")
    rig.swipe("ann", "2")
    rig.settle_all()
    ((events, offsets, membership),) = rig.transactions.commits
    assert offsets == {(SWIPES.name, 0): 3}
    assert membership == Membership("first")
    assert [(out.topic, out.key, out.partition) for out in events] == [(WEIGHT_DELTAS, b"swipe-en", 0)] * 2
    ann, bob = rig.transactions.deltas
    assert (ann.client_id, ann.swipe_offsets, ann.examples) == ("ann", (0, 2), 2)
    assert (bob.client_id, bob.swipe_offsets, bob.examples) == ("bob", (1,), 1)
    assert (ann.base_version, ann.base_link) == (3, "ab" * 32)
    assert (ann.swipes.partition, ann.swipes.start, ann.swipes.end) == (0, 0, 3)
    assert ann.delta_id != bob.delta_id


def test_a_repeated_swipe_counts_once_within_a_range_and_across_ranges(rig: "Rig") -> None:
    for swipe_id in ("1", "1", "2", "1", "3", "2"):
        rig.swipe("ann", swipe_id)
    rig.settle_all()
    assert [delta.swipe_offsets for delta in rig.transactions.deltas] == [(0, 2), (4,)]


def test_a_repeat_is_known_to_another_member_from_the_log(rig: "Rig", make_rig: "Callable[..., Rig]") -> None:
    for swipe_id in ("1", "2", "3"):
        rig.swipe("ann", swipe_id)
    rig.settle_all()
    other = make_rig(rig.collect._collecting.limits)
    other.log.records = rig.log.records
    for swipe_id in ("1", "4", "5"):
        other.swipe("ann", swipe_id)
    other.settle_all()
    assert [delta.swipe_offsets for delta in other.transactions.deltas] == [(4, 5)]


def test_a_partition_that_comes_back_is_remembered_as_the_log_has_it_by_then(rig: "Rig") -> None:
    for swipe_id in "123":
        rig.swipe("ann", swipe_id)
    rig.settle_all()
    rig.collect.revoked()
    for swipe_id in "456":  # another member settles these
        rig.log.append(0, codec.encode(rig.swiped("ann", swipe_id)))
    rig.collect.assigned([], Membership("second"))
    for swipe_id in "678":
        rig.swipe("ann", swipe_id)
    rig.settle_all()
    assert [delta.swipe_offsets for delta in rig.transactions.deltas] == [(0, 1, 2), (7, 8)]


def test_the_log_is_read_again_only_when_others_may_have_moved_on(rig: "Rig") -> None:
    for swipe_id in "123456789":
        rig.swipe("ann", swipe_id)
    rig.settle_all()
    assert len(rig.transactions.commits) == 3
    assert rig.log.reads == 1


def test_taps_and_swipes_without_a_word_are_settled_without_training(
    rig: "Rig", make_swipe: Callable[..., SwipeRecorded]
) -> None:
    rig.swipe("ann", "1", None)
    rig.hand_over(rig.log.append(0, codec.encode(make_swipe("ann", "2", "a", points=1))))
    rig.swipe("ann", "3", None)
    rig.settle_all()
    assert rig.transactions.commits == [([], {(SWIPES.name, 0): 3}, Membership("first"))]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\x00garbage", "not_single_object"),
        (None, "empty"),
        ("no points", "no_points"),
        ("other alphabet", "word_outside_alphabet"),
    ],
)
def test_what_cannot_be_used_is_a_dead_letter_in_the_same_transaction(
    rig: "Rig", make_swipe: Callable[..., SwipeRecorded], value: bytes | str | None, reason: str
) -> None:
    broken = {"no points": make_swipe("ann", "0", "hello", 0), "other alphabet": make_swipe("ann", "0", "да")}
    data = codec.encode(broken[value]) if isinstance(value, str) else value
    record = rig.hand_over(rig.log.append(0, data))
    rig.swipe("ann", "1")
    rig.swipe("ann", "2")
    rig.settle_all()
    ((events, offsets, _),) = rig.transactions.commits
    (letter,) = [out for out in events if isinstance(out.event, DeadLettered)]
    assert (letter.topic, letter.key, letter.partition) == (dead_letters(SWIPES), b"key", 0)
    assert isinstance(letter.event, DeadLettered)
    assert (letter.event.offset, letter.event.value, letter.event.reason) == (0, record.value, reason)
    assert offsets == {(SWIPES.name, 0): 3}
    assert [delta.swipe_offsets for delta in rig.transactions.deltas] == [(1, 2)]


def test_one_client_that_fails_is_dead_lettered_alone(rig: "Rig") -> None:
    rig.swipe("ann", "1")
    rig.swipe("bob", "1", "bad")
    rig.swipe("bob", "2")
    rig.settle_all()
    letters = [event for event in rig.transactions.events if isinstance(event, DeadLettered)]
    assert [(letter.offset, letter.reason) for letter in letters] == [(1, "diverged"), (2, "diverged")]
    assert [delta.client_id for delta in rig.transactions.deltas] == ["ann"]


def test_a_fulfilled_request_is_settled_with_its_range(rig: "Rig") -> None:
    rig.swipe("ann", "1")
    rig.request(offset=4, swipes_end=1)
    rig.settle_all()
    ((_, offsets, _),) = rig.transactions.commits
    assert offsets == {(SWIPES.name, 0): 1, (TRAIN_REQUESTS.name, 0): 5}


@pytest.mark.parametrize("error", [Fenced("a test says so"), BrokerUnavailable("a test says so")])
def test_after_a_refused_commit_everything_is_read_again_and_counted_once(
    rig: "Rig", error: Exception
) -> None:
    rig.transactions.failures = [error]
    for swipe_id in ("1", "2", "3", "4", "5", "6"):
        rig.swipe("ann", swipe_id)
    rig.settle_all()
    assert rig.transactions.commits == []
    (at,) = rig.collect.rewind()
    assert (at.topic, at.partition, at.offset) == (SWIPES.name, 0, 0)
    rig.collect.records(rig.log.read(0, 0, 6))
    rig.settle_all()
    assert [delta.swipe_offsets for delta in rig.transactions.deltas] == [(0, 1, 2), (3, 4, 5)]


def test_a_rerun_gives_the_same_bytes(rig: "Rig", make_rig: "Callable[..., Rig]") -> None:
    runs = [rig, make_rig(rig.collect._collecting.limits)]
    for run in runs:
        for client in ("ann", "bob", "ann"):
            run.swipe(client, str(run.log.end(0)))
        run.settle_all()
    first, second = ([codec.encode(delta) for delta in run.transactions.deltas] for run in runs)
    assert first == second


def test_a_range_revoked_while_it_is_trained_is_dropped(rig: "Rig") -> None:
    rig.trainer.before = rig.collect.revoked
    for swipe_id in ("1", "2", "3"):
        rig.swipe("ann", swipe_id)
    rig.settle_all()
    assert rig.transactions.commits == []


def test_without_a_first_model_a_range_waits_until_there_is_one(rig: "Rig") -> None:
    base = rig.heads._models.pop("swipe-en")
    for swipe_id in ("1", "2", "3"):
        rig.swipe("ann", swipe_id)
    settling = threading.Thread(target=rig.settle_all)
    settling.start()
    assert rig.transactions.commits == []
    rig.heads.put(base)
    settling.join(10)
    assert [delta.examples for delta in rig.transactions.deltas] == [3]


def test_what_needs_no_model_is_settled_without_one(rig: "Rig") -> None:
    rig.heads._models.clear()
    for swipe_id in ("1", "2", "3"):
        rig.swipe("ann", swipe_id, None)
    rig.settle_all()
    assert len(rig.transactions.commits) == 1


def test_the_end_of_the_lease_ends_the_wait_for_a_model(rig: "Rig") -> None:
    rig.heads._models.clear()
    for swipe_id in ("1", "2", "3"):
        rig.swipe("ann", swipe_id)
    settling = threading.Thread(target=rig.settle_all)
    settling.start()
    rig.collect.revoked()
    settling.join(10)
    assert not settling.is_alive()
    assert rig.transactions.commits == []


def test_an_error_that_nobody_knows_crashes(rig: "Rig") -> None:
    rig.transactions.failures = [RuntimeError("unknown")]
    for swipe_id in ("1", "2", "3"):
        rig.swipe("ann", swipe_id)
    with pytest.raises(RuntimeError, match="unknown"):
        rig.settle_all()


def test_stop_ends_the_thread_that_waits_for_ranges(rig: "Rig") -> None:
    running = threading.Thread(target=rig.train.run)
    running.start()
    rig.train.stop()
    running.join(10)
    assert not running.is_alive()
