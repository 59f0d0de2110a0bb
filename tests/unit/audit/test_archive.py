"""What an archive keeps is enough to prove what the topics no longer have."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fedswipe.audit import archive
from fedswipe.audit.archive import Archive, archives
from fedswipe.audit.archived import ArchivedEvidence
from fedswipe.audit.archiving import Aging, Archiving
from fedswipe.audit.finding import Outcome
from fedswipe.audit.report import Report
from fedswipe.audit.scope import Scope
from fedswipe.audit.verify import verify
from fedswipe.errors import FedswipeError
from fedswipe.events import Event
from fedswipe.modelstore import ContentMismatch
from fedswipe.topology import LINEAGES, SWIPES, WEIGHT_DELTAS, Topic, dead_letters

if TYPE_CHECKING:
    from conftest import Lineage

LINE = LINEAGES[0]
PLACES: list[tuple[Topic[Event], int]] = [
    (WEIGHT_DELTAS, 0),
    (SWIPES, 3),
    (dead_letters(SWIPES), 3),
    (dead_letters(WEIGHT_DELTAS), 0),
]


def archived(lineage: "Lineage", scope: Scope = Scope()) -> Archiving:  # noqa: B008
    archiving = Archiving(LINE, lineage.evidence, lineage.store, scope)
    archiving.run()
    return archiving


def expire(lineage: "Lineage") -> None:
    for topic, partition in PLACES:
        lineage.evidence.delete_before(topic, partition, lineage.evidence.ends[topic.name, partition])


def audit(lineage: "Lineage", scope: Scope = Scope()) -> Report:  # noqa: B008
    evidence = ArchivedEvidence(lineage.evidence, lineage.store, archives(lineage.store, LINE.model_id))
    return verify(LINE, lineage.architecture, evidence, lineage.store, scope)


@pytest.mark.parametrize("chunk", [1, 16_000_000])
def test_an_archived_lineage_is_proven_when_its_topics_are_empty(
    lineage: "Lineage", chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "CHUNK", chunk)
    archived(lineage)
    expire(lineage)
    assert lineage.audit().outcome is Outcome.EXPIRED
    report = audit(lineage)
    assert [one.detail for one in report.findings.kept] == []
    assert report.outcome is Outcome.PROVEN
    assert (report.recomputed, report.swipes_counted) == (3, 11)
    assert any(WEIGHT_DELTAS.name in one for one in report.from_archive)


def test_an_archive_that_is_not_needed_is_not_used(lineage: "Lineage") -> None:
    archived(lineage)
    report = audit(lineage)
    assert (report.outcome, report.from_archive) == (Outcome.PROVEN, ())


def test_archives_of_parts_join(lineage: "Lineage") -> None:
    archived(lineage, Scope(1, 2))
    archived(lineage, Scope(3))
    expire(lineage)
    assert audit(lineage).outcome is Outcome.PROVEN


def test_what_lies_between_archives_is_gone(lineage: "Lineage") -> None:
    archived(lineage, Scope(1, 2))
    archived(lineage, Scope(4))
    expire(lineage)
    report = audit(lineage)
    assert report.outcome is Outcome.EXPIRED
    assert audit(lineage, Scope(4)).outcome is Outcome.PROVEN


def test_a_changed_archive_is_an_error_that_names_it(lineage: "Lineage") -> None:
    found = archived(lineage).archive
    assert found is not None
    expire(lineage)
    lineage.store.objects[found.chunks[0].ref.key] += b"!"
    with pytest.raises(ContentMismatch, match="evidence/"):
        audit(lineage)


def test_an_archive_holds_no_swipe(lineage: "Lineage") -> None:
    found = archived(lineage).archive
    assert found is not None
    for chunk in (*found.chunks, *found.swipes):
        if chunk.topic != WEIGHT_DELTAS.name:
            data = lineage.store.objects[chunk.ref.key]
            assert b"hello" not in data
            assert b"again" not in data


def test_an_archive_comes_back(lineage: "Lineage") -> None:
    found = archived(lineage).archive
    assert found is not None
    assert Archive.from_bytes(found.to_bytes()) == found
    assert archives(lineage.store, LINE.model_id) == [found]


def test_what_is_gone_cannot_be_archived(lineage: "Lineage") -> None:
    lineage.evidence.delete_before(WEIGHT_DELTAS, 0, 1)
    with pytest.raises(FedswipeError, match=r"deltas \[0, 1\) are gone; --from 3 is the first whole one"):
        archived(lineage)
    archived(lineage, Scope(3))


def test_only_the_ages_are_told_without_a_store(lineage: "Lineage") -> None:
    archiving = Archiving(LINE, lineage.evidence, None, Scope(2))
    archiving.run()
    assert archiving.archive is None
    ends = [lineage.event(version).ranges[0].end for version in (1, 2, 3, 4)]
    assert [(age.version, age.start, age.end) for age in archiving.ages] == [
        (2, ends[0], ends[1]),
        (3, ends[1], ends[2]),
        (4, ends[2], ends[3]),
    ]
    assert archiving.ages[0].oldest == 0


def test_how_long_a_topic_keeps_them() -> None:
    age = Aging(2, 0, 5, oldest=1_000)
    assert age.left(retention_ms=10_000, now_ms=4_000) == 7.0
    assert age.left(retention_ms=10_000, now_ms=21_000) == -10.0
    assert age.left(None, 4_000) is None
    assert replace(age, oldest=None).left(10_000, 4_000) is None
