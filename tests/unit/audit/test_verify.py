"""What the audit says of a lineage that is as it should be, and of parts of one."""

from typing import TYPE_CHECKING

import pytest

from fedswipe.audit.finding import Outcome
from fedswipe.audit.scope import Scope
from fedswipe.errors import FedswipeError
from fedswipe.modelstore import StoreUnavailable
from fedswipe.topology import GLOBAL_MODELS

if TYPE_CHECKING:
    from conftest import Lineage


def test_a_lineage_as_the_services_leave_it_is_proven(lineage: "Lineage") -> None:
    report = lineage.audit()
    assert [one.detail for one in report.findings.kept] == []
    assert report.outcome is Outcome.PROVEN
    assert (report.head, report.last, report.recomputed) == (4, 4, 3)
    assert (report.folded, report.refused, report.unsettled) == (5, 2, 0)
    assert (report.swipes, report.swipes_counted) == (16, 11)


def test_what_fell_off_is_listed_with_its_reason(lineage: "Lineage") -> None:
    zombie = lineage.evidence.records[GLOBAL_MODELS.name, 0][2].value
    lineage.raw_link(zombie or b"")
    lineage.raw_link(b"no event")
    report = lineage.audit()
    assert report.outcome is Outcome.PROVEN
    assert [(one.offset, one.version) for one in report.fallen] == [(4, 3), (5, None)]
    assert report.fallen[0].reason == "not_the_next_version"
    assert report.fallen[1].reason.startswith("unreadable")


def test_a_rollback_takes_back_just_what_it_says(lineage: "Lineage") -> None:
    lineage.roll_back(2)
    lineage.round("after")
    report = lineage.audit()
    assert [one.detail for one in report.findings.kept] == []
    assert (report.rollbacks, report.head) == (1, 6)


def test_a_part_is_proven_from_the_parents_objects(lineage: "Lineage") -> None:
    report = lineage.audit(Scope(3, 3))
    assert report.findings.kept == []
    assert report.outcome is Outcome.PROVEN
    assert (report.first, report.last, report.recomputed, report.head) == (3, 3, 1, 4)


def test_without_the_chains_beginning_nothing_is_judged(lineage: "Lineage") -> None:
    lineage.evidence.delete_before(GLOBAL_MODELS, 0, 1)
    with pytest.raises(FedswipeError, match=r"retention\.ms=-1"):
        lineage.audit()


def test_without_the_store_nothing_is_judged(lineage: "Lineage") -> None:
    lineage.store.available = False
    with pytest.raises(StoreUnavailable):
        lineage.audit()


@pytest.mark.parametrize(("first", "last", "option"), [(9, None, "--from"), (1, 9, "--to")])
def test_versions_that_are_not_there(lineage: "Lineage", first: int, last: int | None, option: str) -> None:
    with pytest.raises(FedswipeError, match=f"{option} 9: swipe-en has versions 1 to 4"):
        lineage.audit(Scope(first, last))


@pytest.mark.parametrize(("first", "last"), [(0, None), (3, 2)])
def test_a_scope_that_is_none(first: int, last: int | None) -> None:
    with pytest.raises(FedswipeError, match=r"--from|--to"):
        Scope(first, last)
