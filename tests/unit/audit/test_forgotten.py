"""What an audit says of clients who asked to be forgotten, and of whoever does not keep to it."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fedswipe.audit.archive import NO_CLIENT, archives, replaced
from fedswipe.audit.archived import ArchivedEvidence
from fedswipe.audit.archiving import Archiving
from fedswipe.audit.explain import explain
from fedswipe.audit.finding import Outcome
from fedswipe.audit.report import Report
from fedswipe.audit.scope import Scope
from fedswipe.audit.verify import verify
from fedswipe.errors import FedswipeError
from fedswipe.events import ClientId
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import Verdict
from fedswipe.topology import CLIENTS, SWIPES, WEIGHT_DELTAS, dead_letters

if TYPE_CHECKING:
    from conftest import Lineage


@pytest.fixture
def forgot(lineage: "Lineage") -> "Lineage":
    """Version 5 was made after ann was forgotten; the trainer did not know it yet."""
    lineage.forget("ann")
    lineage.train([lineage.swipe("ann", "late")])
    lineage.train([lineage.swipe("bob", "late")], client_id=ClientId("bob"))
    lineage.fold()
    lineage.close_by_time()
    return lineage


def audit(lineage: "Lineage", scope: Scope = Scope()) -> Report:  # noqa: B008
    evidence = ArchivedEvidence(lineage.evidence, lineage.store, archives(lineage.store, "swipe-en"))
    return verify(lineage.line, lineage.architecture, evidence, lineage.store, scope)


def manifest(lineage: "Lineage", version: int) -> Manifest:
    return Manifest.from_bytes(lineage.store.get(lineage.event(version).manifest))


def lie(lineage: "Lineage", lied: Manifest, **changed: object) -> None:
    """Have the newest link name another manifest, and say something else."""
    lineage.forge(manifest=lineage.store.put("swipe-en/manifests", lied.to_bytes()), **changed)


def test_a_forgotten_clients_delta_is_left_out_without_a_letter_and_that_is_proven(forgot: "Lineage") -> None:
    made = manifest(forgot, 5)
    assert [entry.verdict for entry in made.entries] == [Verdict.FORGOTTEN, Verdict.FOLDED]
    assert made.clients_end == 1
    assert [one.detail for one in forgot.audit().findings.kept] == []
    assert (forgot.event(5).folded, forgot.event(5).refused) == (1, 1)


def test_who_is_forgotten_later_changes_no_version_that_was_published_before(forgot: "Lineage") -> None:
    forgot.forget("bob")
    assert forgot.audit().outcome is Outcome.PROVEN
    assert manifest(forgot, 5).clients_end == 1


@pytest.mark.parametrize(
    ("end", "told"), [(0, "offset 0, by the log 1"), (7, "offset 7, by the log 1"), (None, "offset None, by")]
)
def test_a_manifest_that_knew_less_than_its_parent_or_more_than_there_was_is_found(
    forgot: "Lineage", end: int | None, told: str
) -> None:
    forgot.train([], client_id=ClientId("bob"))
    forgot.fold()
    forgot.close_by_time()
    lie(forgot, replace(manifest(forgot, 6), clients_end=end))
    (found,) = (one for one in forgot.audit().findings.kept if one.code == "other_manifest")
    assert told in found.detail
    assert forgot.audit().outcome is Outcome.BROKEN


def test_a_forgotten_clients_delta_that_was_folded_is_found(forgot: "Lineage") -> None:
    first, second = manifest(forgot, 5).entries
    lie(forgot, Manifest((replace(first, verdict=Verdict.FOLDED, weight=1), second), 1))
    assert "other_manifest" in forgot.codes()


def test_a_delta_that_was_left_out_of_a_client_who_was_not_forgotten_is_found(forgot: "Lineage") -> None:
    first, second = manifest(forgot, 5).entries
    lie(forgot, Manifest((first, replace(second, verdict=Verdict.FORGOTTEN, weight=0)), 1))
    assert "other_manifest" in forgot.codes()


def test_a_letter_of_a_forgotten_clients_delta_is_found(forgot: "Lineage") -> None:
    forgot.delta_letter(manifest(forgot, 5).entries[0].offset, Verdict.FORGOTTEN)
    assert forgot.codes() == ["other_letter"]


def test_a_link_of_code_that_forgot_nobody_is_judged_as_it_was(make_lineage: "type[Lineage]") -> None:
    old = make_lineage(replace(Recipe(deltas=2, records=4), code_version=5))
    old.forget("ann")
    old.round("one")
    old.close_by_time()
    assert manifest(old, 2).clients_end is None
    assert manifest(old, 2).to_bytes().startswith(b'{"entries"')
    assert old.event(2).folded == 2
    assert old.audit().outcome is Outcome.PROVEN


def test_a_rollback_says_nothing_of_clients_and_later_versions_still_know_them(forgot: "Lineage") -> None:
    forgot.roll_back(2)
    assert manifest(forgot, 6) == Manifest(())
    forgot.round("after")
    forgot.close_by_time()
    assert manifest(forgot, 7).clients_end == 1
    assert [one.detail for one in forgot.audit().findings.kept] == []


def test_swipes_of_a_forgotten_client_may_stand_in_a_delta_or_nowhere(forgot: "Lineage") -> None:
    forgot.swipe("ann", "left out")
    forgot.swipe("ann", "left out, and wrong", word="not a word 1")
    forgot.train([forgot.swipe("bob", "more")], client_id=ClientId("bob"))
    assert forgot.audit().outcome is Outcome.PROVEN
    forgot.swipe("bob", "lost")
    forgot.train([], examples=0)
    assert forgot.codes() == ["lost_swipe"]


def test_a_forgotten_clients_swipe_stands_in_one_place_at_most(forgot: "Lineage") -> None:
    at = forgot.swipe("ann", "once")
    forgot.train([at])
    forgot.swipe_letter(at, "diverged")
    assert forgot.codes() == ["doubled_swipe"]


def test_without_the_beginning_of_the_clients_topic_nothing_is_judged(forgot: "Lineage") -> None:
    forgot.evidence.delete_before(CLIENTS, 0, 1)
    with pytest.raises(FedswipeError, match="must be kept for ever"):
        forgot.audit()


def expire(lineage: "Lineage") -> None:
    for topic, partition in [(WEIGHT_DELTAS, 0), (SWIPES, 3), (dead_letters(WEIGHT_DELTAS), 0)]:
        lineage.evidence.delete_before(topic, partition, lineage.evidence.ends[topic.name, partition])


def test_an_archive_leaves_a_forgotten_clients_numbers_out_and_its_versions_are_forgotten_evidence(
    lineage: "Lineage",
) -> None:
    lineage.forget("ann")
    archiving = Archiving(lineage.line, lineage.evidence, lineage.store, Scope())
    archiving.run()
    assert audit(lineage).outcome is Outcome.PROVEN, "while the topic has them"
    expire(lineage)
    report = audit(lineage)
    kinds = {(one.code, one.version) for one in report.findings.kept}
    assert kinds == {("deltas_forgotten", version) for version in (2, 3, 4)}
    assert report.outcome is Outcome.FORGOTTEN
    assert report.recomputed == 0
    assert report.swipes_counted == 11, "which swipes its deltas were of is still known"
    assert archiving.archive is not None
    for chunk in archiving.archive.chunks:
        assert b"ann" not in lineage.store.objects[chunk.ref.key] or chunk.topic != WEIGHT_DELTAS.name


def test_an_old_archive_is_made_anew_without_who_was_forgotten_since(lineage: "Lineage") -> None:
    Archiving(lineage.line, lineage.evidence, lineage.store, Scope(1, 2)).run()
    Archiving(lineage.line, lineage.evidence, lineage.store, Scope(3)).run()
    lineage.forget("ann")
    expire(lineage)
    assert audit(lineage).outcome is Outcome.PROVEN
    evidence = ArchivedEvidence(lineage.evidence, lineage.store, archives(lineage.store, "swipe-en"))
    anew = Archiving(lineage.line, evidence, lineage.store, Scope())
    anew.run()
    assert anew.archive is not None
    for key in replaced(lineage.store, anew.archive):
        del lineage.store.objects[key]
    assert archives(lineage.store, "swipe-en") == [anew.archive]
    assert not any(b"ann" in data for key, data in lineage.store.objects.items() if "/evidence/" in key)
    report = audit(lineage)
    assert {(one.code, one.version) for one in report.findings.kept} == {
        ("deltas_forgotten", version) for version in (2, 3, 4)
    }
    assert report.swipes_counted == 11
    assert replaced(lineage.store, anew.archive) == []


def test_what_another_archive_needs_is_not_replaced(lineage: "Lineage") -> None:
    Archiving(lineage.line, lineage.evidence, lineage.store, Scope()).run()
    part = Archiving(lineage.line, lineage.evidence, lineage.store, Scope(3))
    part.run()
    assert part.archive is not None
    assert replaced(lineage.store, part.archive) == []


def test_a_delta_of_no_client_is_believed_to_an_archive_alone(lineage: "Lineage") -> None:
    lineage.train([], client_id=NO_CLIENT, payload=None)
    lineage.fold()
    lineage.close_by_time()
    lied = manifest(lineage, 5)
    lied = replace(lied, entries=(replace(lied.entries[0], verdict=Verdict.FOLDED, weight=1),))
    lie(lineage, lied, folded=1, refused=0)
    assert "other_manifest" in [one.code for one in audit(lineage).findings.kept]


def test_explain_shows_nothing_of_a_forgotten_client_in_an_archive(lineage: "Lineage") -> None:
    lineage.forget("ann")
    Archiving(lineage.line, lineage.evidence, lineage.store, Scope()).run()
    expire(lineage)
    evidence = ArchivedEvidence(lineage.evidence, lineage.store, archives(lineage.store, "swipe-en"))
    first, second = explain(lineage.line, lineage.architecture, evidence, lineage.store, 2).deltas
    assert (first.client, first.norm, second.client, second.norm) == (None, None, None, None)
    assert (len(first.swipe_offsets), len(second.swipe_offsets)) == (3, 2)
