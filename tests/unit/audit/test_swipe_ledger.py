"""Where each swipe of a lineage has to stand, and what the audit says when it does not."""

from typing import TYPE_CHECKING

import pytest

from fedswipe.audit.finding import Kind, Outcome
from fedswipe.audit.scope import Scope
from fedswipe.topology import SWIPES, WEIGHT_DELTAS

if TYPE_CHECKING:
    from conftest import Lineage


def test_a_swipe_in_two_models_is_doubled(lineage: "Lineage") -> None:
    lineage.train([0])
    lineage.close_by_time()
    lineage.fold()
    lineage.close_by_time()
    found = [one for one in lineage.audit().findings.kept if one.code == "doubled_swipe"]
    assert [(one.kind, one.version) for one in found] == [(Kind.BROKEN, 5)]
    assert found[0].offsets is not None
    assert found[0].offsets.start == 0


def test_a_delta_that_was_sent_again_doubles_nothing(lineage: "Lineage") -> None:
    again = lineage.evidence.records[WEIGHT_DELTAS.name, 0][0].value
    lineage.raw_delta(again or b"")
    lineage.fold()
    lineage.close_by_time()
    assert lineage.audit().outcome is Outcome.PROVEN


def test_a_delta_that_was_just_sent_again_is_not_even_noted(lineage: "Lineage") -> None:
    again = lineage.evidence.records[WEIGHT_DELTAS.name, 0][-1].value
    lineage.raw_delta(again or b"")
    lineage.fold()
    lineage.close_by_time()
    report = lineage.audit()
    assert report.head == 5
    assert report.findings.kept == []


def test_a_swipe_that_nobody_trained_is_lost(lineage: "Lineage") -> None:
    lost = lineage.swipe("ann", "lost")
    lineage.evidence.settled[3] = lost + 1
    (found,) = lineage.audit().findings.kept
    assert (found.code, found.topic) == ("lost_swipe", SWIPES.name)
    assert found.offsets is not None
    assert (found.offsets.partition, found.offsets.start, found.offsets.end) == (3, lost, lost + 1)


def test_swipes_that_the_trainers_have_not_reached_are_not_missed(lineage: "Lineage") -> None:
    lineage.swipe("ann", "late")
    assert lineage.audit().outcome is Outcome.PROVEN


@pytest.mark.parametrize("kind", ["repeat", "tap", "no word", "unreadable"])
def test_what_must_not_be_trained_may_stand_in_no_delta(lineage: "Lineage", kind: str) -> None:
    offset = {"repeat": 6, "no word": 7, "tap": 8, "unreadable": 9}[kind]
    lineage.train([offset])
    assert "needless_swipe" in lineage.codes()


def test_a_repeat_beyond_the_span_counts_again(lineage: "Lineage") -> None:
    assert lineage.codes(Scope(repeat_span=0)) == ["lost_swipe"]


def test_a_delta_of_a_swipe_that_is_not_there(lineage: "Lineage") -> None:
    lineage.evidence.records[SWIPES.name, 3].pop(1)
    assert lineage.codes() == ["phantom_swipe"]


@pytest.mark.parametrize("first", [2, 3, 4])
def test_a_lost_swipe_is_noticed_in_a_part_too(lineage: "Lineage", first: int) -> None:
    lineage.swipe("ann", "lost")
    lineage.round("last")
    assert lineage.codes(Scope(first)) == ["lost_swipe"]
