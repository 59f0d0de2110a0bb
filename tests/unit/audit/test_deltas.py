"""What the audit says of deltas, their verdicts and what a link counts of them."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fedswipe.audit.finding import Outcome
from fedswipe.errors import FedswipeError
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import Verdict
from fedswipe.topology import GLOBAL_MODELS, WEIGHT_DELTAS
from services.aggregator import contents

if TYPE_CHECKING:
    from conftest import Lineage


def test_wrong_verdicts_name_their_offsets(lineage: "Lineage") -> None:
    manifest = Manifest.from_bytes(lineage.store.get(lineage.event(4).manifest))
    first, *rest = manifest.entries
    lied = Manifest((replace(first, verdict=Verdict.STALE, weight=0), *rest))
    lineage.forge(manifest=lineage.store.put("swipe-en/manifests", lied.to_bytes()))
    (found,) = lineage.audit().findings.kept
    assert (found.code, found.version) == ("other_manifest", 4)
    assert found.offsets is not None
    assert (found.offsets.start, found.offsets.end) == (first.offset, first.offset + 1)
    assert "stale with weight 0, recomputed folded" in found.detail


@pytest.mark.parametrize("number", ["folded", "refused", "examples"])
def test_wrong_counts(lineage: "Lineage", number: str) -> None:
    lineage.forge(**{number: 7})
    assert lineage.codes() == ["other_counts"]


def test_a_wrong_reason_of_closing(lineage: "Lineage") -> None:
    lineage.forge(closed_by=lineage.event(3).closed_by)
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


@pytest.mark.parametrize("tamper", ["missing", "changed"])
def test_what_the_store_lacked_then_is_taken_from_the_manifest(
    lineage: "Lineage", tamper: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An aggregator saw that an object was not there; it may have been mended since."""
    monkeypatch.setattr(contents, "TRIES", 1)
    offset = lineage.swipe("ann", "large")
    payload = np.full(lineage.architecture.size, 0.5, "<f2").tobytes()
    content = lineage.store.put("swipe-en/deltas", payload)
    lineage.train([offset], payload=None, content=content)
    if tamper == "missing":
        del lineage.store.objects[content.key]
    else:
        lineage.store.objects[content.key] = b"!" * len(payload)
    lineage.fold()
    lineage.close_by_time()
    lineage.round("next")
    manifest = Manifest.from_bytes(lineage.store.get(lineage.event(5).manifest))
    assert [entry.verdict for entry in manifest.entries] == [f"{tamper}_content"]
    assert lineage.audit().findings.kept == []
    lineage.store.objects[content.key] = payload
    assert lineage.audit().findings.kept == []


def test_a_reference_that_points_elsewhere_is_refused_and_fetched_by_nobody(lineage: "Lineage") -> None:
    elsewhere = lineage.store.put("swipe-en/elsewhere", b"!" * 2 * lineage.architecture.size)
    lineage.train([lineage.swipe("ann", "large")], payload=None, content=elsewhere)
    del lineage.store.objects[elsewhere.key]
    lineage.fold()
    lineage.close_by_time()
    lineage.round("next")
    assert lineage.audit().findings.kept == []


def test_a_window_may_not_go_on_when_it_is_full(lineage: "Lineage") -> None:
    recipe = replace(Recipe.from_bytes(lineage.store.get(lineage.event(4).recipe)), deltas=1)
    lineage.forge(recipe=lineage.store.put("swipe-en/recipes", recipe.to_bytes()))
    assert lineage.codes() == ["window_was_full"]


@pytest.mark.parametrize("code_version", [1, 99])
def test_a_recipe_of_another_release_is_not_judged(lineage: "Lineage", code_version: int) -> None:
    recipe = replace(Recipe.from_bytes(lineage.store.get(lineage.event(4).recipe)), code_version=code_version)
    lineage.forge(recipe=lineage.store.put("swipe-en/recipes", recipe.to_bytes()))
    with pytest.raises(FedswipeError, match=f"version 4: its recipe has code_version {code_version}"):
        lineage.audit()


def test_the_first_version_settles_nothing(lineage: "Lineage") -> None:
    place = (GLOBAL_MODELS.name, 0)
    del lineage.evidence.records[place][1:]
    lineage.forge(folded=3)
    assert "other_counts" in lineage.codes()
