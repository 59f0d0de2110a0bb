"""What the audit says of a lineage that is as it should be, and of each way to tamper with one."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fedswipe import codec
from fedswipe.audit.finding import Kind, Outcome
from fedswipe.audit.scope import Scope
from fedswipe.errors import FedswipeError
from fedswipe.events import GlobalModelPublished
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import Verdict
from fedswipe.modelstore import StoreUnavailable
from fedswipe.topology import GLOBAL_MODELS, SWIPES, WEIGHT_DELTAS, dead_letters

if TYPE_CHECKING:
    from conftest import Lineage


def test_a_lineage_as_the_services_leave_it_is_proven(lineage: "Lineage") -> None:
    report = lineage.audit()
    assert [one.detail for one in report.findings.kept] == []
    assert report.outcome is Outcome.PROVEN
    assert (report.head, report.last, report.recomputed) == (4, 4, 3)
    assert (report.folded, report.refused, report.unsettled) == (5, 2, 0)
    assert (report.swipes, report.swipes_counted) == (16, 11)


def test_each_object_that_is_missing_is_named(lineage: "Lineage") -> None:
    event = lineage.event(3)
    for what, ref in {"model": event.model, "optimiser": event.optimizer, "manifest": event.manifest}.items():
        kept = lineage.store.objects.pop(ref.key)
        found = [one for one in lineage.audit().findings.kept if one.code == "missing_object"]
        assert what in found[-1].detail
        assert ref.key in found[-1].detail
        assert 3 in [one.version for one in found]
        lineage.store.objects[ref.key] = kept
    assert lineage.audit().outcome is Outcome.PROVEN


def test_a_missing_recipe_cannot_be_recomputed(lineage: "Lineage") -> None:
    del lineage.store.objects[lineage.event(2).recipe.key]
    report = lineage.audit()
    assert report.outcome is Outcome.BROKEN
    assert {one.code for one in report.findings.kept} == {"missing_object", "no_base"}


def test_a_changed_weight_byte_names_version_and_tensor(lineage: "Lineage") -> None:
    key = lineage.event(3).model.key
    data = bytearray(lineage.store.objects[key])
    at = data.find(b"weight")
    assert at > 0
    data[-1] ^= 1  # the last number of the last tensor
    lineage.store.objects[key] = bytes(data)
    (found,) = lineage.audit().findings.kept
    assert (found.code, found.version, found.tensors) == ("changed_object", 3, ("weight",))


def test_a_changed_size_is_a_changed_object(lineage: "Lineage") -> None:
    lineage.store.objects[lineage.event(3).manifest.key] += b" "
    assert lineage.codes() == ["changed_object"]


def forge(lineage: "Lineage", **changed: object) -> None:
    """Rewrite the newest link of the log."""
    place = (GLOBAL_MODELS.name, 0)
    record = lineage.evidence.records[place][-1]
    event = codec.decode(GlobalModelPublished, record.value, codec.PackagedSchemas())
    value = codec.encode(replace(event, **changed))  # type: ignore[arg-type]
    lineage.evidence.records[place][-1] = replace(record, value=value)


def test_a_link_with_other_weights_names_the_tensors(lineage: "Lineage") -> None:
    other = lineage.event(2).model
    forge(lineage, model=other)
    (found,) = lineage.audit().findings.kept
    assert (found.code, found.version) == ("other_model", 4)
    assert set(found.tensors) >= {"weight", "bias"}


def test_a_link_with_another_optimiser_state(lineage: "Lineage") -> None:
    forge(lineage, optimizer=lineage.event(4).model)
    assert lineage.codes() == ["other_optimiser"]


def test_wrong_verdicts_name_their_offsets(lineage: "Lineage") -> None:
    manifest = Manifest.from_bytes(lineage.store.get(lineage.event(4).manifest))
    first, *rest = manifest.entries
    lied = Manifest((replace(first, verdict=Verdict.STALE, weight=0), *rest))
    forge(lineage, manifest=lineage.store.put("swipe-en/manifests", lied.to_bytes()))
    (found,) = lineage.audit().findings.kept
    assert (found.code, found.version) == ("other_manifest", 4)
    assert found.offsets is not None
    assert (found.offsets.start, found.offsets.end) == (first.offset, first.offset + 1)
    assert "stale with weight 0, recomputed folded" in found.detail


@pytest.mark.parametrize("number", ["folded", "refused", "examples"])
def test_wrong_counts(lineage: "Lineage", number: str) -> None:
    forge(lineage, **{number: 7})
    assert lineage.codes() == ["other_counts"]


def test_a_wrong_reason_of_closing(lineage: "Lineage") -> None:
    forge(lineage, closed_by=lineage.event(3).closed_by)
    assert lineage.codes() == ["other_closing"]


def test_a_dropped_delta_is_named(lineage: "Lineage") -> None:
    dropped = lineage.evidence.records[WEIGHT_DELTAS.name, 0].pop(0)
    found = {one.code: one for one in lineage.audit().findings.kept}
    assert {"other_manifest", "other_model", "lost_swipe"} <= found.keys()
    assert found["other_manifest"].version == 2
    assert found["other_manifest"].offsets is not None
    assert found["other_manifest"].offsets.start == dropped.offset


def test_a_changed_delta_is_named(lineage: "Lineage") -> None:
    records = lineage.evidence.records[WEIGHT_DELTAS.name, 0]
    value = bytearray(records[0].value or b"")
    value[-3] ^= 1
    records[0] = replace(records[0], value=bytes(value))
    assert "other_model" in lineage.codes()


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


@pytest.mark.parametrize("first", [2, 3, 4])
def test_a_lost_swipe_is_noticed_in_a_part_too(lineage: "Lineage", first: int) -> None:
    lineage.swipe("ann", "lost")
    lineage.round("last")
    assert lineage.codes(Scope(first)) == ["lost_swipe"]


def test_the_parents_objects_are_checked(lineage: "Lineage") -> None:
    lineage.store.objects[lineage.event(2).model.key] += b" "
    assert "changed_object" in lineage.codes(Scope(3))
    assert "changed_object" not in lineage.codes(Scope(4))


def test_deleted_deltas_are_expired_evidence_and_name_their_range(lineage: "Lineage") -> None:
    end = lineage.event(3).ranges[0].end
    lineage.evidence.delete_before(WEIGHT_DELTAS, 0, end)
    report = lineage.audit()
    assert report.outcome is Outcome.EXPIRED
    gone = next(one for one in report.findings.kept if one.code == "deltas_gone")
    assert gone.offsets is not None
    assert (gone.offsets.start, gone.offsets.end) == (0, end)
    assert "versions 2 to 3" in gone.detail
    assert report.recomputed == 1
    assert lineage.audit(Scope(4)).outcome is Outcome.PROVEN


def test_broken_outweighs_expired(lineage: "Lineage") -> None:
    lineage.evidence.delete_before(WEIGHT_DELTAS, 0, lineage.event(2).ranges[0].end)
    forge(lineage, folded=9)
    assert lineage.audit().outcome is Outcome.BROKEN


def test_a_marker_that_was_deleted_is_no_lost_evidence(lineage: "Lineage") -> None:
    first = Manifest.from_bytes(lineage.store.get(lineage.event(3).manifest)).entries[0].offset
    assert first > lineage.event(2).ranges[0].end  # the gap of a transaction's marker lies between
    lineage.evidence.delete_before(WEIGHT_DELTAS, 0, first)
    assert lineage.audit(Scope(3)).outcome is Outcome.PROVEN


@pytest.mark.parametrize("source", [SWIPES, dead_letters(SWIPES), dead_letters(WEIGHT_DELTAS)])
def test_other_deleted_evidence_is_expired_too(lineage: "Lineage", source: object) -> None:
    partition = 0 if source == dead_letters(WEIGHT_DELTAS) else 3
    lineage.evidence.delete_before(source, partition, lineage.evidence.ends[source.name, partition])  # type: ignore[arg-type,attr-defined]
    assert lineage.audit().outcome is Outcome.EXPIRED


def test_a_part_needs_no_letters_of_before(lineage: "Lineage") -> None:
    lineage.evidence.delete_before(dead_letters(WEIGHT_DELTAS), 0, 2)
    assert lineage.audit(Scope(4)).outcome is Outcome.PROVEN


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


def test_a_large_delta_is_taken_from_the_store(lineage: "Lineage") -> None:
    offset = lineage.swipe("ann", "large")
    payload = np.full(lineage.architecture.size, 0.5, "<f2").tobytes()
    content = lineage.store.put("swipe-en/deltas", payload)
    lineage.train([offset], payload=None, content=content)
    lineage.fold()
    lineage.close_by_time()
    assert lineage.audit().outcome is Outcome.PROVEN
    del lineage.store.objects[content.key]
    found = {one.code: one for one in lineage.audit().findings.kept}
    assert found["delta_content"].version == 5
    assert content.key in found["delta_content"].detail


def test_a_window_may_not_go_on_when_it_is_full(lineage: "Lineage") -> None:
    recipe = replace(Recipe.from_bytes(lineage.store.get(lineage.event(4).recipe)), deltas=1)
    forge(lineage, recipe=lineage.store.put("swipe-en/recipes", recipe.to_bytes()))
    assert lineage.codes() == ["window_was_full"]


def test_a_recipe_of_a_newer_release_is_not_judged(lineage: "Lineage") -> None:
    recipe = replace(Recipe.from_bytes(lineage.store.get(lineage.event(4).recipe)), code_version=99)
    forge(lineage, recipe=lineage.store.put("swipe-en/recipes", recipe.to_bytes()))
    with pytest.raises(FedswipeError, match="version 4: its recipe has code_version 99"):
        lineage.audit()


def test_a_trained_swipe_may_have_no_letter(lineage: "Lineage") -> None:
    lineage.swipe_letter(0)
    assert lineage.codes() == ["doubled_swipe"]


def test_the_first_version_settles_nothing(lineage: "Lineage") -> None:
    place = (GLOBAL_MODELS.name, 0)
    del lineage.evidence.records[place][1:]
    forge(lineage, folded=3)
    assert "other_counts" in lineage.codes()
