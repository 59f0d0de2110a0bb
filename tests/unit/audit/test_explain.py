"""What a version is made of."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fedswipe.audit.explain import Explanation, explain, pseudonym
from fedswipe.cli.audit_explain import _name
from fedswipe.errors import FedswipeError
from fedswipe.events import OffsetRange
from fedswipe.topology import LINEAGES, WEIGHT_DELTAS

if TYPE_CHECKING:
    from conftest import Lineage


def explained(lineage: "Lineage", version: int, name: object = str) -> Explanation:
    place = (LINEAGES[0], lineage.architecture, lineage.evidence, lineage.store, version)
    return explain(*place, name)  # type: ignore[arg-type]


def test_each_delta_has_its_weight_norm_and_swipes(lineage: "Lineage") -> None:
    found = explained(lineage, 2)
    first, second = found.deltas
    assert (first.offset, first.verdict, first.client) == (0, "folded", "ann")
    assert (first.weight, second.weight) == (3 * 1024, 2 * 1024)
    assert first.share + second.share == pytest.approx(1.0)
    assert first.staleness == 0
    assert first.norm == pytest.approx(0.25 * np.sqrt(lineage.architecture.size))
    assert first.swipes == OffsetRange(3, 0, 3)
    assert (first.swipe_offsets, second.swipe_offsets) == ((0, 1, 2), (3, 4))
    assert first.letter is None


def test_what_was_refused_has_its_letter(lineage: "Lineage") -> None:
    found = {delta.verdict: delta for delta in explained(lineage, 3).deltas}
    assert found["unreadable"].letter == "unreadable"
    assert found["unreadable"].norm is None
    assert found["no_examples"].letter == "no_examples"
    assert found["no_examples"].client == "ann"


def test_the_first_version_has_no_deltas(lineage: "Lineage") -> None:
    assert explained(lineage, 1).deltas == ()


def test_a_rollback_says_what_it_takes_back(lineage: "Lineage") -> None:
    lineage.roll_back(2)
    found = explained(lineage, 5)
    assert [(back.version, back.folded) for back in found.taken_back] == [(4, 2), (3, 1)]
    assert found.deltas == ()


def test_deltas_that_are_gone_are_told_from_the_manifest(lineage: "Lineage") -> None:
    lineage.evidence.delete_before(WEIGHT_DELTAS, 0, 1)
    first, second = explained(lineage, 2).deltas
    assert (first.verdict, first.weight, first.client) == ("folded", 3 * 1024, None)
    assert second.client == "ann"


def test_a_pseudonym_needs_its_key(lineage: "Lineage") -> None:
    first, second = explained(lineage, 2, pseudonym(b"one key")).deltas
    assert first.client == second.client
    assert first.client not in (None, "ann", explained(lineage, 2, pseudonym(b"another")).deltas[0].client)


def test_pseudonyms_without_a_key_are_refused() -> None:
    with pytest.raises(FedswipeError, match="--pseudonyms: set FEDSWIPE_PSEUDONYM_KEY"):
        _name(True, {})
    assert _name(False, {})("ann") == "ann"


def test_a_version_that_is_not_there(lineage: "Lineage") -> None:
    with pytest.raises(FedswipeError, match="VERSION 9: swipe-en has versions 1 to 4"):
        explained(lineage, 9)
