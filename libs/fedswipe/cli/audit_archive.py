"""What `fedswipe audit archive` prints: how long each version's deltas have, and what was stored."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fedswipe.audit.archive import Archive, archives, replaced
from fedswipe.audit.archived import ArchivedEvidence
from fedswipe.audit.archiving import Aging, Archiving
from fedswipe.audit.evidence import Evidence
from fedswipe.audit.scope import Scope
from fedswipe.audit.topics import TopicEvidence
from fedswipe.cli.addresses import current_addresses, model_store
from fedswipe.cli.audit_verify import bars, write_json
from fedswipe.cli.known_lineage import known_lineage
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import WEIGHT_DELTAS

SHOWN = 20  # versions in the table, the ones that expire first; the JSON has all
DAY = 86_400.0


def archive(
    *,
    model: str,
    first: int,
    last: int | None,
    json_file: Path | None,
    dry_run: bool,
    anew: bool,
    repeat_span: int,
) -> None:
    """Archive, or with `dry_run` only look; print the table, write the JSON.

    `anew` archives what only earlier archives have once more, without clients that were forgotten meanwhile.
    """
    line, servers = known_lineage(model), current_addresses()
    kafka, store = KafkaSettings(servers.kafka), model_store(servers)
    objects = None if dry_run else store
    evidence: Evidence = TopicEvidence(kafka)
    if anew:
        evidence = ArchivedEvidence(evidence, store, archives(store, line.model_id))
    retention = Admin(kafka).retention_ms(WEIGHT_DELTAS)
    with bars() as progress:
        archiving = Archiving(line, evidence, objects, Scope(first, last, repeat_span), progress)
        archiving.run()
    now = int(time.time() * 1000)
    _print(archiving.ages, retention, now)
    _print_archive(archiving.archive, line.model_id)
    old = replaced(store, archiving.archive) if anew and archiving.archive else []
    if old:
        Console().print(f"{len(old)} objects of earlier archives are not needed now; --json FILE names them.")
    if json_file is not None:
        rows = [
            {"version": a.version, "start": a.start, "end": a.end, "seconds_left": a.left(retention, now)}
            for a in archiving.ages
        ]
        found = archiving.archive
        chunks = len(found.chunks) + len(found.swipes) if found else 0
        write_json(
            json_file,
            {
                "model": model,
                "retention_ms": retention,
                "versions": rows,
                "objects": chunks,
                "replaced": old,
            },
        )


def _print(ages: Sequence[Aging], retention: int | None, now: int) -> None:
    kept = "for ever" if retention is None else f"for {retention / 1000 / DAY:.1f} days"
    table = Table("version", "deltas", "kept for at least", title=f"{WEIGHT_DELTAS.name}: kept {kept}")
    for age in ages[:SHOWN]:
        table.add_row(str(age.version), f"[{age.start}, {age.end})", _left(age.left(retention, now)))
    Console().print(table)
    if len(ages) > SHOWN:
        Console().print(f"and {len(ages) - SHOWN} younger ones: --json FILE has them")


def _left(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return "nothing: waits to be deleted" if seconds < 0 else f"{seconds / DAY:.1f} days"


def _print_archive(found: Archive | None, model: str) -> None:
    if found is None:
        Console().print("Nothing was stored (--dry-run).")
        return
    size = sum(chunk.ref.size for chunk in (*found.chunks, *found.swipes))
    count = len(found.chunks) + len(found.swipes)
    versions = f"Versions {found.first} to {found.last} of {model}"
    Console().print(f"{versions} are archived: {count} objects, {size / 1e6:.1f} MB.")
