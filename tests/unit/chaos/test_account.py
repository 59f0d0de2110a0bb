"""The account finds what is planted: a lost swipe, a doubled one, one that teaches nothing."""

from dataclasses import replace

import numpy as np
import pytest

from fedswipe.events import (
    ClientId,
    DeltaCodec,
    DeltaComputed,
    DeltaId,
    ModelId,
    OffsetRange,
    Sha256,
    SwipeId,
    Version,
)
from fedswipe.testing.account import Account, idle, judge
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.testing.proof import Place, SwipeKey

KEYS = [SwipeKey(ClientId(f"client-{n % 3}"), SwipeId(f"swipe-{n}")) for n in range(12)]
WORDLESS = SwipeKey(ClientId("client-0"), SwipeId("no-word"))
REPEATED = KEYS[4]


class Books:
    """A run without a fault: each swipe in one record, one of them in three; each trained once."""

    def __init__(self) -> None:
        self.places = {key: {Place(n % 2, n)} for n, key in enumerate([*KEYS, WORDLESS])}
        self.trained = {place: 1 for key in KEYS for place in self.places[key]}
        self.places[REPEATED] |= {Place(0, 100), Place(0, 101)}

    def settle(self) -> Account:
        return judge(self.places, self.trained, KEYS, [WORDLESS])


@pytest.fixture
def books() -> Books:
    return Books()


def test_a_run_without_a_fault_is_proved(books: Books) -> None:
    account = books.settle()
    assert account.broken == ()
    assert (account.records, account.repeats, account.trained) == (15, 2, 12)


def test_an_acknowledged_swipe_that_is_not_in_the_topic_is_lost(books: Books) -> None:
    del books.places[KEYS[7]], books.trained[Place(1, 7)]
    assert books.settle().lost == ("swipe swipe-7 of client-1: acknowledged, and not in the topic",)


def test_one_without_a_word_can_be_lost_too(books: Books) -> None:
    del books.places[WORDLESS]
    assert books.settle().lost == ("swipe no-word of client-0: acknowledged, and not in the topic",)


def test_a_swipe_with_a_word_in_no_delta_is_lost(books: Books) -> None:
    del books.trained[Place(1, 7)]
    (lost,) = books.settle().lost
    assert lost == "swipe swipe-7 of client-1 at 1/7: acknowledged with a word, and in no delta"


def test_a_record_that_two_deltas_name_is_doubled(books: Books) -> None:
    books.trained[Place(1, 7)] = 2
    assert books.settle().doubled == ("swipe swipe-7 of client-1 at 1/7: trained 2 times",)


def test_a_repeat_that_was_trained_as_well_is_doubled(books: Books) -> None:
    books.trained[Place(0, 101)] = 1
    (doubled,) = books.settle().doubled
    assert doubled == "swipe swipe-4 of client-1 at 0/4, 0/100, 0/101: trained 2 times"


def test_a_swipe_that_nobody_acknowledged_may_be_trained_once_and_not_twice(books: Books) -> None:
    stranger = SwipeKey(ClientId("client-9"), SwipeId("unanswered"))
    books.places[stranger] = {Place(1, 50), Place(1, 51)}
    books.trained[Place(1, 50)] = 1
    assert books.settle().broken == ()
    books.trained[Place(1, 51)] = 1
    assert len(books.settle().doubled) == 1


def test_a_trained_offset_at_which_no_swipe_lies_is_told(books: Books) -> None:
    books.trained[Place(1, 999)] = 1
    assert books.settle().doubled == ("1/999: trained, and no swipe lies there",)


def test_a_swipe_without_a_word_is_not_to_be_trained(books: Books) -> None:
    (place,) = books.places[WORDLESS]
    books.trained[place] = 1
    assert len(books.settle().untimely) == 1


DELTA = DeltaComputed(
    *(DeltaId("d"), ModelId("swipe-en"), Version(1), Sha256("0" * 64), ClientId("client-1")),
    *(OffsetRange(1, 0, 9), (3, 5), 2, 1.0, 0.5, DeltaCodec.FP16),
    payload=np.array([0, 0.25, 0], "<f2").tobytes(),
    content=None,
)


def test_a_delta_that_holds_a_step_for_each_of_its_examples_is_not_idle() -> None:
    assert list(idle(DELTA, InMemoryModelStore())) == []


def test_a_delta_of_zeros_is_idle() -> None:
    zeros = replace(DELTA, payload=np.array([0, -0.0, 0], "<f2").tobytes())
    assert len(list(idle(zeros, InMemoryModelStore()))) == 1


@pytest.mark.parametrize("offsets", [(3,), (3, 3), (3, 5, 6)])
def test_a_delta_that_counts_other_examples_than_it_names_is_idle(offsets: tuple[int, ...]) -> None:
    assert len(list(idle(replace(DELTA, swipe_offsets=offsets), InMemoryModelStore()))) == 1
