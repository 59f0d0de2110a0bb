"""What the audit says of each object that a link names, missing or tampered with."""

from typing import TYPE_CHECKING

import pytest

from fedswipe.audit.finding import Outcome
from fedswipe.audit.scope import Scope

if TYPE_CHECKING:
    from conftest import Lineage


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


def test_a_link_with_other_weights_names_the_tensors(lineage: "Lineage") -> None:
    other = lineage.event(2).model
    lineage.forge(model=other)
    (found,) = lineage.audit().findings.kept
    assert (found.code, found.version) == ("other_model", 4)
    assert set(found.tensors) >= {"weight", "bias"}


def test_a_link_with_another_optimiser_state(lineage: "Lineage") -> None:
    lineage.forge(optimizer=lineage.event(4).model)
    assert lineage.codes() == ["other_optimiser"]


@pytest.mark.parametrize(
    "data", [b"junk", b"[]", b"{}", b'{"entries": 1}', b'{"entries": [["a", 1, "folded", "b"]]}']
)
def test_a_manifest_that_is_none_is_a_finding(lineage: "Lineage", data: bytes) -> None:
    lineage.forge(manifest=lineage.store.put("swipe-en/manifests", data))
    assert lineage.codes() == ["other_manifest"]


@pytest.mark.parametrize("what", ["recipe", "optimizer", "model"])
def test_another_object_that_is_none_is_a_finding(lineage: "Lineage", what: str) -> None:
    lineage.forge(**{what: lineage.store.put("swipe-en/junk", b"junk")})
    lineage.round("next")
    assert lineage.audit().outcome is Outcome.BROKEN


def test_the_parents_objects_are_checked(lineage: "Lineage") -> None:
    lineage.store.objects[lineage.event(2).model.key] += b" "
    assert "changed_object" in lineage.codes(Scope(3))
    assert "changed_object" not in lineage.codes(Scope(4))
