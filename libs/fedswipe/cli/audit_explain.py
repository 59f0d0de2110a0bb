"""What `fedswipe audit explain` prints."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fedswipe.audit.archive import archives
from fedswipe.audit.archived import ArchivedEvidence
from fedswipe.audit.explain import ExplainedDelta, Explanation, Name, pseudonym
from fedswipe.audit.explain import explain as explain_version
from fedswipe.audit.topics import TopicEvidence
from fedswipe.cli.addresses import current_addresses, model_store
from fedswipe.cli.audit_verify import write_json
from fedswipe.cli.known_lineage import known_lineage
from fedswipe.environment import secret
from fedswipe.errors import FedswipeError
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.swipe.layout import load_layout

KEY = "FEDSWIPE_PSEUDONYM_KEY"
SHOWN = 8  # swipes' offsets in a cell


def explain(*, version: int, model: str, pseudonyms: bool, json_file: Path | None) -> None:
    """Explain a version, print the tables, write the JSON."""
    line, name = known_lineage(model), _name(pseudonyms, os.environ)
    servers = current_addresses()
    objects = model_store(servers)
    topics = TopicEvidence(KafkaSettings(servers.kafka))
    evidence = ArchivedEvidence(topics, objects, archives(objects, line.model_id))
    found = explain_version(line, Architecture(load_layout(line.layout)), evidence, objects, version, name)
    if json_file is not None:
        write_json(json_file, asdict(found))
    print_explanation(found)


def print_explanation(found: Explanation) -> None:
    """Print the link, its deltas, and what a rollback takes back."""
    console, event = Console(), found.event
    head = Table(show_header=False, title=f"{event.model_id} version {event.version}")
    head.add_row("link", f"offset {found.offset}, SHA-256 {found.sha256}")
    head.add_row("parent", event.parent or "none")
    head.add_row("closed by", str(event.closed_by))
    head.add_row("deltas", f"{event.folded} folded, {event.refused} refused, {event.examples} examples")
    head.add_row("model", event.model.key)
    head.add_row("recipe", event.recipe.key)
    if event.rollback_to is not None:
        back = ", ".join(f"{b.version} ({b.folded} deltas, {b.examples} examples)" for b in found.taken_back)
        head.add_row("rolls back to", f"version {event.rollback_to}; it takes back: {back or 'nothing'}")
    console.print(head)
    if found.deltas:
        console.print(_deltas(found))


def _deltas(found: Explanation) -> Table:
    table = Table("offset", "client", "verdict", "weight", "share", "old", "norm", "letter", "swipes")
    for delta in found.deltas:
        table.add_row(
            str(delta.offset),
            delta.client or "-",
            delta.verdict,
            str(delta.weight),
            f"{delta.share:.1%}",
            "-" if delta.staleness is None else str(delta.staleness),
            "-" if delta.norm is None else f"{delta.norm:.4g}",
            delta.letter or "-",
            _swipes(delta),
        )
    return table


def _swipes(delta: ExplainedDelta) -> str:
    if delta.swipes is None:
        return "-"
    shown = ", ".join(map(str, delta.swipe_offsets[:SHOWN]))
    more = " ..." if len(delta.swipe_offsets) > SHOWN else ""
    return f"[{delta.swipes.partition}] {shown}{more}"


def _name(pseudonyms: bool, environ: Mapping[str, str]) -> Name:
    if not pseudonyms:
        return str
    key = secret(environ, KEY)
    if not key:
        raise FedswipeError(f"--pseudonyms: set {KEY}, or {KEY}_FILE to a file, to a secret of your own")
    return pseudonym(key.encode())
