from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from fedswipe.events import DeadLettered
from fedswipe.kafka.consume_loop import Membership
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.record import Record
from fedswipe.topology import SWIPES, TRAIN_REQUESTS, dead_letters
from services.trainer.lease import Load
from services.trainer.ranges import RangeLimits

if TYPE_CHECKING:
    from conftest import Rig


def test_time_closes_a_range_also_when_no_record_follows(rig: "Rig") -> None:
    rig.swipe()
    rig.clock.seconds = 2.0
    rig.collect.has_room()
    leased = rig.take()
    assert leased is not None
    assert leased.swipes.end == 1


def test_a_revocation_drops_open_and_closed_ranges(rig: "Rig") -> None:
    for swipe_id in "1234":
        rig.swipe("ann", swipe_id)
    rig.collect.revoked()
    assert rig.take() is None
    rig.collect.assigned([], Membership("second"))
    rig.swipe("ann", "5")
    rig.clock.seconds = 9.0
    rig.collect.has_room()
    leased = rig.take()
    assert leased is not None
    assert (leased.swipes.start, leased.lease.membership) == (4, Membership("second"))


def test_the_membership_of_a_range_is_that_of_its_assignment(rig: "Rig") -> None:
    for swipe_id in "123":
        rig.swipe("ann", swipe_id)
    leased = rig.take()
    rig.collect.assigned([], Membership("second"))
    assert leased is not None
    assert leased.lease.membership == Membership("first")


def test_reading_pauses_while_too_much_is_held_and_goes_on_when_it_is_settled(
    make_rig: "Callable[..., Rig]",
) -> None:
    rig = make_rig(RangeLimits(3, 2.0), Load(records=3, bytes=10**6))
    rig.swipe("ann", "1")
    assert rig.collect.has_room()
    rig.swipe("ann", "2")
    rig.swipe("ann", "3")
    assert not rig.collect.has_room()
    rig.settle_all()
    assert rig.collect.has_room()


def test_bytes_are_bounded_too(make_rig: "Callable[..., Rig]") -> None:
    rig = make_rig(RangeLimits(3, 2.0), Load(records=100, bytes=50))
    rig.swipe("ann", "1")
    assert not rig.collect.has_room()


def test_what_a_dropped_range_held_takes_no_room(make_rig: "Callable[..., Rig]") -> None:
    rig = make_rig(RangeLimits(3, 2.0), Load(records=3, bytes=10**6))
    rig.transactions.failures = [BrokerUnavailable("a test says so")]
    for swipe_id in "123":
        rig.swipe("ann", swipe_id)
    rig.settle_all()
    rig.collect.rewind()
    assert rig.collect.has_room()


def test_after_a_drop_reading_starts_at_the_first_position_that_is_not_settled(rig: "Rig") -> None:
    for swipe_id in "123":
        rig.swipe("ann", swipe_id)
    rig.settle_all()
    rig.swipe("ann", "4")
    rig.request(offset=0, swipes_end=4)
    rig.transactions.failures = [BrokerUnavailable("a test says so")]
    rig.settle_all()
    starts = {(at.topic, at.offset) for at in rig.collect.rewind()}
    assert starts == {(SWIPES.name, 3), (TRAIN_REQUESTS.name, 0)}
    assert rig.collect.rewind() == ()


@pytest.mark.parametrize(("swipes_end", "reason"), [(99, "beyond_the_end"), (-1, "misshapen")])
def test_a_request_that_can_never_be_fulfilled_is_a_dead_letter(
    rig: "Rig", swipes_end: int, reason: str
) -> None:
    rig.swipe()
    rig.request(offset=0, swipes_end=swipes_end)
    rig.settle_all()
    ((events, offsets, _),) = rig.transactions.commits
    (letter,) = events
    assert isinstance(letter.event, DeadLettered)
    assert (letter.topic, letter.event.reason) == (dead_letters(TRAIN_REQUESTS), reason)
    assert offsets == {(TRAIN_REQUESTS.name, 0): 1}


def test_an_unreadable_request_is_a_dead_letter_and_the_next_one_counts(rig: "Rig") -> None:
    rig.swipe()
    rig.hand_over(Record(TRAIN_REQUESTS.name, 0, 0, None, b"?"))
    rig.request(offset=1, swipes_end=1)
    rig.settle_all()
    assert [event.reason for event in rig.transactions.events if isinstance(event, DeadLettered)] == [
        "not_single_object"
    ]
    assert rig.transactions.commits[-1][1] == {(SWIPES.name, 0): 1, (TRAIN_REQUESTS.name, 0): 2}


def test_a_request_for_swipes_that_are_still_to_come_waits_for_them(rig: "Rig") -> None:
    first = rig.swipe("ann", "1")
    rig.collect.revoked()
    rig.collect.assigned([], Membership("second"))
    rig.request(offset=0, swipes_end=1)
    rig.settle_all()
    assert rig.transactions.commits == []
    rig.hand_over(first)
    rig.settle_all()
    assert rig.transactions.commits[0][1] == {(SWIPES.name, 0): 1, (TRAIN_REQUESTS.name, 0): 1}


def test_a_request_whose_swipes_were_settled_before_the_assignment_is_fulfilled_at_the_partitions_end(
    rig: "Rig",
) -> None:
    rig.swipe("ann", "1")
    rig.collect.revoked()
    rig.collect.assigned([], Membership("second"))
    rig.request(offset=0, swipes_end=1)
    rig.collect.reached(SWIPES.name, 0, 1)
    rig.settle_all()
    assert rig.transactions.commits[0][1] == {(TRAIN_REQUESTS.name, 0): 1}


def test_a_broker_that_is_away_when_a_request_is_checked_means_starting_again(
    rig: "Rig", monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(partition: int) -> int:
        raise BrokerUnavailable("a test says so")

    monkeypatch.setattr(rig.collect, "_log_end", away)
    rig.request(offset=6, swipes_end=1)
    assert [(at.topic, at.offset) for at in rig.collect.rewind()] == [(TRAIN_REQUESTS.name, 6)]
