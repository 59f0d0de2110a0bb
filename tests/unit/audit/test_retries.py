"""Retried letters (ADR 0019): the audit judges a retry by the trainer's own rule."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fedswipe.audit.archive import archives
from fedswipe.audit.archived import ArchivedEvidence
from fedswipe.audit.archiving import Archiving
from fedswipe.audit.export import export
from fedswipe.audit.finding import Kind, Outcome
from fedswipe.audit.folder import verify_folder
from fedswipe.audit.scope import Scope
from fedswipe.audit.verify import verify
from fedswipe.dead_letters.closing import Closing
from fedswipe.topology import LINEAGES, SWIPES, WEIGHT_DELTAS, dead_letters

if TYPE_CHECKING:
    from conftest import Lineage

PARTITION = 3
FAR = 4_096  # offsets that no range spans


@pytest.fixture
def refused(lineage: "Lineage") -> int:
    """The offset of a swipe whose training diverged."""
    offset = lineage.swipe("ann", "refused")
    lineage.swipe_letter(offset, "diverged")
    return offset


@pytest.fixture
def retried(lineage: "Lineage", refused: int) -> int:
    """The offset of its retry, which was trained."""
    offset = lineage.retry(refused)
    lineage.train([offset])
    lineage.close_letter(refused, offset)
    return offset


def settle(lineage: "Lineage") -> None:
    lineage.round("last")


@pytest.mark.usefixtures("retried")
def test_a_letter_that_is_retried_twice_and_trained_once_is_proven(lineage: "Lineage", refused: int) -> None:
    lineage.retry(refused)
    settle(lineage)
    report = lineage.audit()
    assert report.findings.kept == []
    assert report.outcome is Outcome.PROVEN


def test_a_letter_that_is_dropped_is_proven(lineage: "Lineage", refused: int) -> None:
    lineage.drop(SWIPES, PARTITION, refused)
    settle(lineage)
    assert lineage.audit().findings.kept == []


def test_a_drop_does_not_stand_for_a_letter(lineage: "Lineage") -> None:
    lineage.drop(SWIPES, PARTITION, lineage.swipe("ann", "lost"))
    settle(lineage)
    assert lineage.codes() == ["lost_swipe"]


@pytest.mark.usefixtures("retried")
@pytest.mark.parametrize("closed", [False, True])
def test_a_retry_that_is_trained_a_second_time_is_broken(
    lineage: "Lineage", refused: int, closed: bool
) -> None:
    second = lineage.retry(refused)
    lineage.train([second])
    if closed:
        lineage.close_letter(refused, second)
    settle(lineage)
    assert lineage.codes() == ["needless_swipe"]


def test_a_retry_of_what_was_trained_is_broken_when_it_counts(lineage: "Lineage") -> None:
    lineage.train([lineage.retry(0)])
    settle(lineage)
    assert lineage.codes() == ["needless_swipe"]


def test_a_retry_that_comes_to_nothing_is_lost(lineage: "Lineage", refused: int) -> None:
    lineage.close_letter(refused, lineage.retry(refused))
    settle(lineage)
    assert lineage.codes() == ["lost_swipe"]


def test_a_retry_that_fails_again_stands_in_its_own_letter(lineage: "Lineage", refused: int) -> None:
    again = lineage.retry(refused)
    lineage.swipe_letter(again, "diverged")
    lineage.close_letter(refused, again)
    third = lineage.retry(again)
    lineage.train([third])
    lineage.close_letter(again, third)
    settle(lineage)
    assert lineage.audit().findings.kept == []


@pytest.mark.parametrize(("how", "found"), [(Closing.REPEATED, []), (Closing.RETRIED, ["needless_swipe"])])
def test_a_retry_whose_swipe_was_trained_meanwhile_may_not_count(
    lineage: "Lineage", refused: int, how: Closing, found: list[str]
) -> None:
    span = 5
    for number in range(span):
        lineage.swipe("bob", f"between-{number}", None)
    lineage.train([lineage.swipe("ann", "refused")])  # so far behind that it is a new swipe
    retry = lineage.retry(refused)
    if how is Closing.RETRIED:
        lineage.train([retry])
    lineage.close_letter(refused, retry, how)
    settle(lineage)
    assert lineage.codes(Scope(repeat_span=span)) == found


def test_a_letter_closed_as_repeated_without_a_repetition_is_lost(lineage: "Lineage", refused: int) -> None:
    lineage.close_letter(refused, lineage.retry(refused), Closing.REPEATED)
    settle(lineage)
    assert lineage.codes() == ["lost_swipe"]


def test_a_letter_closed_by_what_is_no_retry_of_it(lineage: "Lineage", refused: int) -> None:
    lineage.close_letter(refused, 0)
    settle(lineage)
    assert lineage.codes() == ["false_closing"]


def test_a_retry_that_a_trainer_overlooked(lineage: "Lineage", refused: int) -> None:
    """So near to its letter that it may be of one range, it may be right: the letter was not open yet."""
    lineage.retry(refused)
    settle(lineage)
    assert lineage.codes(kind=Kind.NOTE) == ["left_retry"]
    lineage.evidence.ends[SWIPES.name, PARTITION] += FAR
    lineage.retry(refused)
    lineage.round("still later")
    assert lineage.codes() == ["overlooked_retry"]


def test_what_was_unreadable_then_is_not_judged_by_what_it_is_now(lineage: "Lineage") -> None:
    letter = lineage.swipe("ann", "late schema")
    lineage.swipe_letter(letter, "unknown_schema")
    lineage.train([lineage.swipe("ann", "late schema")])  # nobody knew that it was the same
    settle(lineage)
    assert lineage.audit().findings.kept == []


@pytest.mark.usefixtures("retried")
def test_a_retry_is_proven_from_an_archive(lineage: "Lineage", refused: int) -> None:
    lineage.retry(refused)
    settle(lineage)
    lineage.close_by_time()
    Archiving(LINEAGES[0], lineage.evidence, lineage.store, Scope()).run()
    for topic, partition in ((SWIPES, PARTITION), (dead_letters(SWIPES), PARTITION), (WEIGHT_DELTAS, 0)):
        lineage.evidence.delete_before(topic, partition, lineage.evidence.ends[topic.name, partition])
    line, store = LINEAGES[0], lineage.store
    evidence = ArchivedEvidence(lineage.evidence, store, archives(store, line.model_id))
    report = verify(line, lineage.architecture, evidence, store, Scope())
    assert report.findings.kept == []


@pytest.mark.usefixtures("retried")
def test_a_retry_is_proven_from_an_export(lineage: "Lineage", refused: int, tmp_path: Path) -> None:
    lineage.retry(refused)
    settle(lineage)
    line, folder = LINEAGES[0], tmp_path / "evidence"
    source = (lineage.evidence, lineage.store, iter(()), folder, Scope())
    assert export(line, lineage.architecture, *source).findings.kept == []
    assert verify_folder(line, lineage.architecture, folder).findings.kept == []


@pytest.mark.usefixtures("retried")
def test_a_retry_whose_letters_are_gone_is_expired_evidence(lineage: "Lineage") -> None:
    settle(lineage)
    place = (dead_letters(SWIPES), PARTITION)
    lineage.evidence.delete_before(*place, lineage.evidence.ends[place[0].name, PARTITION])
    assert lineage.audit().outcome is Outcome.EXPIRED


def test_closed_letters_of_deltas_are_proven_too(lineage: "Lineage") -> None:
    lineage.drop(WEIGHT_DELTAS, 0, next(iter(lineage._log.letters)))
    assert lineage.audit().findings.kept == []
