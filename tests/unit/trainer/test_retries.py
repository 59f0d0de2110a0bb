"""Retried letters (ADR 0019): a letter is taken up once, and a swipe stays one swipe."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from fedswipe.dead_letters.closing import Closing, how_closed, retried_as
from fedswipe.dead_letters.letters import Letters
from fedswipe.dead_letters.position import Position
from fedswipe.events import DeadLettered
from fedswipe.kafka.record import Record
from fedswipe.topology import SWIPES

if TYPE_CHECKING:
    from conftest import Rig


def letters(rig: "Rig") -> list[DeadLettered]:
    return [event for event in rig.transactions.events if isinstance(event, DeadLettered)]


def open_letters(rig: "Rig") -> list[int]:
    return [letter.at.offset for letter in Letters(letters(rig)).select()]


def closings(rig: "Rig") -> list[tuple[int, Closing, int | None]]:
    return [(e.offset, how, retried_as(e)) for e in letters(rig) if (how := how_closed(e)) is not None]


def trained(rig: "Rig") -> list[int]:
    return [offset for delta in rig.transactions.deltas for offset in delta.swipe_offsets]


def refuse(rig: "Rig", swipe_id: str = "1") -> Record:
    """Have a swipe of ann's dead-lettered, then mend what refused it."""
    rig.trainer.broken = True
    record = rig.swipe("ann", swipe_id, "bad")
    rig.settle_now()
    assert record.offset in open_letters(rig)
    rig.trainer.broken = False
    return record


def test_a_retry_counts_though_its_original_stands_before_it(rig: "Rig") -> None:
    letter = refuse(rig)
    retry = rig.retry(letter)
    rig.settle_now()
    assert trained(rig) == [retry.offset]
    assert closings(rig) == [(letter.offset, Closing.RETRIED, retry.offset)]
    assert open_letters(rig) == []


def test_deltas_and_what_closes_the_letter_are_one_transaction(rig: "Rig") -> None:
    letter = refuse(rig)
    rig.retry(letter)
    rig.settle_now()
    events, offsets, _ = rig.transactions.commits[-1]
    assert len(events) == 2
    assert offsets == {(SWIPES.name, 0): 2}


@pytest.mark.parametrize("apart", [False, True])
def test_two_retries_of_one_letter_count_once_also_far_apart(rig: "Rig", apart: bool) -> None:
    letter = refuse(rig)
    first = rig.retry(letter)
    for number in range(20 if apart else 0):  # more than the span
        rig.swipe("bob", str(number), None)
    rig.retry(letter)
    rig.settle_now()
    assert trained(rig) == [first.offset]
    assert open_letters(rig) == []


@pytest.mark.parametrize("apart", [False, True])
def test_a_retry_of_what_was_trained_counts_no_more(rig: "Rig", apart: bool) -> None:
    swipe = rig.swipe()
    for number in range(20 if apart else 0):
        rig.swipe("bob", str(number), None)
    rig.retry(swipe)
    rig.settle_now()
    assert trained(rig) == [swipe.offset]
    assert letters(rig) == []


@pytest.mark.parametrize(
    "nowhere", [Position(SWIPES.name, 1, 0), Position("other", 0, 0), Position(SWIPES.name, 0, 99)]
)
def test_a_retry_that_names_no_letter_is_neither_trained_nor_a_letter(rig: "Rig", nowhere: Position) -> None:
    refuse(rig)
    rig.retry(nowhere)
    rig.settle_now()
    assert trained(rig) == []
    assert open_letters(rig) == [0]


def test_a_retry_that_fails_again_is_a_letter_of_its_own_which_can_be_retried(rig: "Rig") -> None:
    letter = refuse(rig)
    rig.trainer.broken = True
    again = rig.retry(letter)
    rig.settle_now()
    assert open_letters(rig) == [again.offset]
    rig.trainer.broken = False
    rig.retry(letter)  # its letter is not open any more
    third = rig.retry(again)
    rig.settle_now()
    assert trained(rig) == [third.offset]
    assert open_letters(rig) == []


def test_a_retry_whose_swipe_came_again_and_was_trained_closes_its_letter_and_counts_no_more(
    rig: "Rig",
) -> None:
    letter = refuse(rig)
    for number in range(6):  # past the span, so that the client's own repetition is a new swipe
        rig.swipe("bob", str(number), None)
    sent_again = rig.swipe("ann", "1")
    retry = rig.retry(letter)
    rig.settle_now()
    assert trained(rig) == [sent_again.offset]
    assert closings(rig) == [(letter.offset, Closing.REPEATED, retry.offset)]


def test_what_the_client_sent_twice_does_not_stand_in_the_way_of_a_retry(rig: "Rig") -> None:
    letter = refuse(rig)
    for _ in range(3):
        rig.swipe("ann", "1")  # repetitions: never trained
    retry = rig.retry(letter)
    rig.settle_now()
    assert trained(rig) == [retry.offset]


def test_a_swipe_that_comes_again_behind_its_retry_counts_no_more(rig: "Rig") -> None:
    letter = refuse(rig)
    retry = rig.retry(letter)
    rig.swipe("ann", "1")
    rig.settle_now()
    assert trained(rig) == [retry.offset]


def test_a_dropped_letter_can_still_be_retried(rig: "Rig") -> None:
    """A drop is an operator's note: only a trainer's transaction takes a letter up."""
    from fedswipe.dead_letters.closing import closing
    from fedswipe.kafka.transaction import Outgoing
    from fedswipe.topology import dead_letters

    letter = refuse(rig)
    dropped = closing(Position(SWIPES.name, 0, letter.offset), Closing.DROPPED, "not wanted", "operator")
    commits = rig.transactions.commits
    commits.append(([Outgoing(dead_letters(SWIPES), dropped, None, 0)], {}, commits[0][2]))
    assert open_letters(rig) == []
    retry = rig.retry(letter)
    rig.settle_now()
    assert trained(rig) == [retry.offset]


def test_after_a_refused_commit_the_retry_is_judged_again(rig: "Rig") -> None:
    from fedswipe.kafka.errors import Fenced

    letter = refuse(rig)
    rig.transactions.failures = [Fenced("a test says so")]
    retry = rig.retry(letter)
    rig.settle_now()
    assert trained(rig) == []
    rig.collect.rewind()
    rig.collect.records(rig.log.read(0, retry.offset, retry.offset + 1))
    rig.settle_now()
    assert trained(rig) == [retry.offset]


def test_another_member_judges_a_retry_alike(rig: "Rig", make_rig: "Callable[..., Rig]") -> None:
    letter = refuse(rig)
    rig.retry(letter)
    rig.settle_now()
    other = make_rig(rig.collect._collecting.limits)
    other.log.records, other.transactions = rig.log.records, rig.transactions
    other.train._transactions = rig.transactions
    other.trainer.broken = False
    other.retry(letter)
    other.settle_now()
    assert trained(rig) == [1]
