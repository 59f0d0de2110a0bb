"""What the audit says of deltas, their verdicts and what a link counts of them."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fedswipe.audit.finding import Outcome
from fedswipe.errors import FedswipeError
from fedswipe.events import DeltaCodec
from fedswipe.learning.delta import encode_delta
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


@pytest.mark.parametrize("codec", DeltaCodec)
@pytest.mark.parametrize("stored", [True, False])
def test_every_codecs_deltas_are_folded_and_proven(
    make_lineage: "type[Lineage]", codec: DeltaCodec, stored: bool
) -> None:
    lineage = make_lineage(replace(Recipe(), deltas=2))
    sizes = lineage.architecture.sizes
    for number in range(4):
        flat = np.linspace(-0.3, 0.1 + number, sum(sizes), dtype=np.float32)
        payload, content = encode_delta(flat, codec, sizes, 0.5), None
        if stored:
            payload, content = None, lineage.store.put("swipe-en/deltas", payload)
        lineage.train([lineage.swipe("ann", str(number))], codec=codec, payload=payload, content=content)
        lineage.fold()
    assert lineage.head == 3
    assert lineage.event(3).folded == 2
    assert lineage.audit().outcome is Outcome.PROVEN


def test_windows_of_the_code_that_knew_two_codecs_are_proven_as_they_were(
    make_lineage: "type[Lineage]",
) -> None:
    lineage = make_lineage(replace(Recipe(), deltas=1, records=2, code_version=2))
    sizes = lineage.architecture.sizes
    payload = encode_delta(np.ones(sum(sizes), np.float32), DeltaCodec.INT8, sizes)
    lineage.train([], examples=1, codec=DeltaCodec.INT8, payload=payload)
    lineage.train([lineage.swipe("ann", "1")])
    lineage.fold()
    verdicts = [e.verdict for e in Manifest.from_bytes(lineage.store.get(lineage.event(2).manifest)).entries]
    assert verdicts == [Verdict.UNREADABLE, Verdict.FOLDED], "it could not read such an event"
    assert lineage.audit().outcome is Outcome.PROVEN
