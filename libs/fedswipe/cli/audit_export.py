"""What `fedswipe audit export` prints."""

import os
from pathlib import Path

from rich.console import Console

from fedswipe.audit.export import export as export_lineage
from fedswipe.audit.scope import Scope
from fedswipe.audit.topics import TopicEvidence
from fedswipe.cli.addresses import current_addresses, model_store
from fedswipe.cli.audit_verify import CODES, bars, noise_keys, print_report
from fedswipe.cli.known_lineage import known_lineage
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.swipe.layout import load_layout


def export(*, model: str, to: Path, first: int, last: int | None, repeat_span: int) -> int:
    """Export, print the audit of the copy; return its exit code."""
    line, servers = known_lineage(model), current_addresses()
    evidence = TopicEvidence(KafkaSettings(servers.kafka))
    objects = model_store(servers)
    scope = Scope(first, last, repeat_span, noise_keys(os.environ))
    architecture = Architecture(load_layout(line.layout))
    with bars() as progress:
        report = export_lineage(
            line, architecture, evidence, objects, evidence.schema_records(), to, scope, progress
        )
    print_report(report)
    Console().print(f"Exported to {to}. Prove it anywhere: fedswipe audit verify --from-dir {to}")
    return int(CODES[report.outcome])
