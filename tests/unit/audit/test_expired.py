"""Evidence that its topic no longer has is told apart from evidence that is wrong."""

from typing import TYPE_CHECKING

import pytest

from fedswipe.audit.finding import Outcome
from fedswipe.audit.scope import Scope
from fedswipe.learning.manifest import Manifest
from fedswipe.topology import SWIPES, WEIGHT_DELTAS, dead_letters

if TYPE_CHECKING:
    from conftest import Lineage


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
    lineage.forge(folded=9)
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
