"""An export proves itself, and no bit of it can change unnoticed."""

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedswipe.audit.bundle import MANIFEST
from fedswipe.audit.export import export
from fedswipe.audit.finding import Outcome
from fedswipe.audit.folder import verify_folder
from fedswipe.audit.report import Report
from fedswipe.audit.scope import Scope
from fedswipe.errors import FedswipeError
from fedswipe.topology import LINEAGES, WEIGHT_DELTAS

if TYPE_CHECKING:
    from conftest import Lineage

LINE = LINEAGES[0]


class Exported:
    def __init__(self, lineage: "Lineage", folder: Path, scope: Scope) -> None:
        self.folder, self.lineage = folder, lineage
        schemas = iter(())
        self.report = export(
            *(LINE, lineage.architecture, lineage.evidence, lineage.store, schemas, folder, scope)
        )

    def verify(self, scope: Scope | None = None) -> Report:
        return verify_folder(LINE, self.lineage.architecture, self.folder, scope)

    def files(self) -> list[Path]:
        return sorted(file for file in self.folder.rglob("*") if file.is_file())


@pytest.fixture
def exported(lineage: "Lineage", tmp_path: Path) -> Exported:
    return Exported(lineage, tmp_path / "evidence", Scope())


def test_an_export_is_proven_without_its_source(exported: Exported) -> None:
    exported.lineage.store.objects.clear()
    exported.lineage.evidence.records.clear()
    report = exported.verify()
    assert report.findings.kept == []
    assert report.outcome is exported.report.outcome is Outcome.PROVEN
    assert (report.head, report.recomputed, report.swipes_counted) == (4, 3, 11)


@pytest.mark.parametrize("scope", [Scope(3), Scope(3, 3), Scope(1, 2)])
def test_a_part_is_exported_alone(lineage: "Lineage", tmp_path: Path, scope: Scope) -> None:
    report = Exported(lineage, tmp_path / "part", scope).verify()
    assert report.findings.kept == []
    assert (report.first, report.last) == (scope.first, scope.last or 4)


def test_the_same_evidence_is_the_same_bytes(exported: Exported, tmp_path: Path) -> None:
    again = Exported(exported.lineage, tmp_path / "again", Scope())
    assert [one.read_bytes() for one in exported.files()] == [one.read_bytes() for one in again.files()]


@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_a_flipped_bit_anywhere_is_broken_and_names_its_file(exported: Exported, data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(exported.files()))
    whole = file.read_bytes()
    at = data.draw(st.integers(0, 8 * len(whole) - 1))
    flipped = bytearray(whole)
    flipped[at // 8] ^= 1 << at % 8
    file.write_bytes(flipped)
    try:
        report = exported.verify()
    finally:
        file.write_bytes(whole)
    assert report.outcome is Outcome.BROKEN
    name = file.relative_to(exported.folder).as_posix()
    assert any(one.code == "changed_file" and name in one.detail for one in report.findings.kept)


def test_every_bit_of_the_manifest_counts(exported: Exported) -> None:
    file = exported.folder / MANIFEST
    whole = file.read_bytes()
    for at in random.Random(0).sample(range(8 * len(whole)), 60):
        flipped = bytearray(whole)
        flipped[at // 8] ^= 1 << at % 8
        file.write_bytes(flipped)
        assert exported.verify().outcome is Outcome.BROKEN


def test_a_changed_delta_names_its_version_too(exported: Exported) -> None:
    file = exported.folder / f"{WEIGHT_DELTAS.name}-0.avro"
    data = bytearray(file.read_bytes())
    data[data.index(b"delta-0") + 6] ^= 1
    file.write_bytes(data)
    report = exported.verify()
    assert {one.code for one in report.findings.kept} >= {"changed_file", "other_manifest"}
    assert next(one.version for one in report.findings.kept if one.code == "other_manifest") == 2


def test_a_missing_and_a_strange_file_are_named(exported: Exported) -> None:
    file = exported.folder / "objects" / exported.lineage.event(3).model.key
    file.rename(file.with_suffix(".other"))
    codes = {one.code for one in exported.verify().findings.kept}
    assert {"missing_file", "strange_file", "missing_object"} <= codes


def test_an_export_of_something_broken_is_broken(lineage: "Lineage", tmp_path: Path) -> None:
    lineage.store.objects[lineage.event(3).model.key] += b" "
    broken = Exported(lineage, tmp_path / "broken", Scope())
    assert broken.report.outcome is broken.verify().outcome is Outcome.BROKEN


def test_a_folder_that_is_in_use_is_refused(exported: Exported) -> None:
    with pytest.raises(FedswipeError, match=r"--to .*not there yet"):
        Exported(exported.lineage, exported.folder, Scope())


def test_a_folder_that_is_no_export_is_refused(exported: Exported, tmp_path: Path) -> None:
    with pytest.raises(FedswipeError, match=r"--from-dir .*no manifest\.json"):
        verify_folder(LINE, exported.lineage.architecture, tmp_path)


def test_versions_beyond_an_export_are_refused(lineage: "Lineage", tmp_path: Path) -> None:
    part = Exported(lineage, tmp_path / "part", Scope(1, 2))
    with pytest.raises(FedswipeError, match="--to 3: this export ends with version 2"):
        part.verify(Scope(1, 3))
