"""Proves an export from its folder alone."""

from dataclasses import replace
from pathlib import Path

from fedswipe.audit.bundle import Contents, TamperedManifest, changed_files, read_contents
from fedswipe.audit.exported import ExportedEvidence, FolderStore
from fedswipe.audit.finding import Finding, broken
from fedswipe.audit.report import Report
from fedswipe.audit.scope import Progress, Scope, quiet
from fedswipe.audit.verify import verify
from fedswipe.chain import Chain
from fedswipe.errors import FedswipeError
from fedswipe.learning.architecture import Architecture
from fedswipe.topology import Lineage


def verify_folder(
    lineage: Lineage,
    architecture: Architecture,
    folder: Path,
    scope: Scope | None = None,
    progress: Progress = quiet,
) -> Report:
    """Check every file's hash, then audit what is in them. `scope`'s versions must lie within the export's.

    A damaged file is a finding that names it; the audit still goes as far as it can, to name versions and
    offsets. FedswipeError when the folder is no export, or one of another lineage.
    """
    try:
        contents = read_contents(folder)
    except TamperedManifest as error:
        return _unreadable(lineage, [broken("changed_file", str(error))])
    if contents.model_id != lineage.model_id:
        raise FedswipeError(f"--model {lineage.model_id}: this is an export of {contents.model_id}")
    damage = list(changed_files(folder, contents))
    wanted = _within(contents, scope or Scope())
    try:
        evidence = ExportedEvidence(folder, contents)
        report = verify(lineage, architecture, evidence, FolderStore(folder), wanted, progress)
    except (FedswipeError, OSError) as error:
        if not damage:
            raise
        return _unreadable(lineage, [*damage, broken("not_audited", f"the audit ended here: {error}")])
    report.findings.add(*damage)
    return report


def _within(contents: Contents, scope: Scope) -> Scope:
    """Return the export's own scope, or the part of it that was asked for."""
    first, last = max(scope.first, contents.first), scope.last or contents.last
    if contents.last is not None and last is not None and last > contents.last:
        raise FedswipeError(f"--to {last}: this export ends with version {contents.last}")
    return replace(scope, first=first, last=last, repeat_span=contents.repeat_span)


def _unreadable(lineage: Lineage, findings: list[Finding]) -> Report:
    report = Report(Chain(lineage.model_id, lineage.partition), 0)
    report.findings.add(*findings)
    return report
