"""What the audit says of dead letters that are missing, or should be."""

from typing import TYPE_CHECKING

import pytest

from fedswipe import codec
from fedswipe.audit.finding import Outcome
from fedswipe.audit.scope import Scope
from fedswipe.topology import SWIPES, WEIGHT_DELTAS, dead_letters

if TYPE_CHECKING:
    from conftest import Lineage


@pytest.mark.parametrize("source", [SWIPES, WEIGHT_DELTAS])
def test_a_missing_dead_letter(lineage: "Lineage", source: object) -> None:
    topic = dead_letters(source)  # type: ignore[arg-type]
    place = (topic.name, 3 if source is SWIPES else 0)
    lineage.evidence.records[place].pop(0)
    assert lineage.codes() == ["lost_swipe" if source is SWIPES else "missing_letter"]


def test_the_newest_windows_letters_may_still_be_on_their_way(lineage: "Lineage") -> None:
    lineage.raw_delta(b"no delta")
    lineage.fold()
    lineage.close_by_time()
    lineage.evidence.records[dead_letters(WEIGHT_DELTAS).name, 0].pop()
    report = lineage.audit()
    assert [one.code for one in report.findings.kept] == ["pending_letter"]
    assert report.outcome is Outcome.PROVEN


def test_a_letter_of_a_folded_delta(lineage: "Lineage") -> None:
    record = lineage.evidence.records[WEIGHT_DELTAS.name, 0][0]
    letter = codec.encode(record.dead_letter("stale", "a lie", "aggregator"))
    lineage.evidence.write(dead_letters(WEIGHT_DELTAS), 0, letter)
    assert lineage.codes() == ["other_letter"]


def test_a_part_needs_no_letters_of_before(lineage: "Lineage") -> None:
    lineage.evidence.delete_before(dead_letters(WEIGHT_DELTAS), 0, 2)
    assert lineage.audit(Scope(4)).outcome is Outcome.PROVEN


def test_a_trained_swipe_may_have_no_letter(lineage: "Lineage") -> None:
    lineage.swipe_letter(0, "diverged")
    assert lineage.codes() == ["doubled_swipe"]
