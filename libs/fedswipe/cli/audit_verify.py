"""What `fedswipe audit verify` prints and writes; what it does is in fedswipe.audit."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TaskID
from rich.table import Table

from fedswipe.audit.archive import archives
from fedswipe.audit.archived import ArchivedEvidence
from fedswipe.audit.finding import ExitCode, Kind, Outcome
from fedswipe.audit.folder import verify_folder
from fedswipe.audit.report import Report
from fedswipe.audit.scope import Progress, Scope
from fedswipe.audit.topics import TopicEvidence
from fedswipe.audit.verify import verify as verify_lineage
from fedswipe.cli.addresses import current_addresses, model_store
from fedswipe.cli.known_lineage import known_lineage
from fedswipe.environment import secret
from fedswipe.errors import FedswipeError
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.noise import check_key
from fedswipe.swipe.layout import load_layout
from fedswipe.topology import Lineage

NOISE_KEY = "FEDSWIPE_NOISE_KEY"
SHOWN = 20  # findings in the table; the JSON has more
COLOURS = {
    Outcome.PROVEN: "green",
    Outcome.BROKEN: "red",
    Outcome.EXPIRED: "yellow",
    Outcome.FORGOTTEN: "cyan",
}
CODES = {
    Outcome.PROVEN: ExitCode.PROVEN,
    Outcome.BROKEN: ExitCode.BROKEN,
    Outcome.EXPIRED: ExitCode.EXPIRED,
    Outcome.FORGOTTEN: ExitCode.FORGOTTEN,
}


def verify(
    *,
    model: str,
    first: int,
    last: int | None,
    json_file: Path | None,
    from_dir: Path | None,
    repeat_span: int,
) -> int:
    """Audit, print the table, write the JSON; return the exit code."""
    try:
        scope = Scope(first, last, repeat_span, noise_keys(os.environ))
        report = _verify(known_lineage(model), scope, from_dir)
    except FedswipeError as error:
        if json_file is not None:
            write_json(json_file, {"model": model, "verdict": "not judged", "error": str(error)})
        raise
    if json_file is not None:
        write_json(json_file, report.as_json())
    print_report(report)
    return int(CODES[report.outcome])


def noise_keys(environ: Mapping[str, str]) -> tuple[bytes, ...]:
    """Return the keys of private windows, which commas or lines separate where there were several."""
    text = secret(environ, NOISE_KEY) or ""
    return tuple(check_key(key, NOISE_KEY) for key in text.replace(",", " ").split())


@contextmanager
def bars() -> Iterator[Progress]:
    """Draw a bar for each thing that is being done, on stderr."""
    tasks: dict[str, TaskID] = {}
    with Bars(console=Console(stderr=True), transient=True) as drawn:

        def show(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = drawn.add_task(what)
            drawn.update(tasks[what], completed=done, total=of)

        yield show


def _verify(line: Lineage, scope: Scope, from_dir: Path | None) -> Report:
    architecture = Architecture(load_layout(line.layout))
    if from_dir is not None:
        with bars() as progress:
            return verify_folder(line, architecture, from_dir, scope, progress)
    servers = current_addresses()
    objects = model_store(servers)
    topics = TopicEvidence(KafkaSettings(servers.kafka))
    evidence = ArchivedEvidence(topics, objects, archives(objects, line.model_id))
    with bars() as progress:
        return verify_lineage(line, architecture, evidence, objects, scope, progress)


def print_report(report: Report) -> None:
    """Print the verdict, the numbers it rests on, and what was found."""
    console, outcome = Console(), report.outcome
    table = Table(show_header=False, title=f"{report.chain.model_id}: [{COLOURS[outcome]}]{outcome}[/]")
    for name, value in _lines(report):
        table.add_row(name, value)
    console.print(table)
    for one in report.findings.kept[:SHOWN]:
        where = f"version {one.version}: " if one.version else ""
        console.print(f"{one.kind}: {where}{one.detail}", markup=False, highlight=False, soft_wrap=True)
    more = sum(report.findings.counts.values()) - SHOWN
    if more > 0:
        console.print(f"and {more} more: --json FILE has them")


def _lines(report: Report) -> Iterator[tuple[str, str]]:
    counts = report.findings.counts
    rate = report.delta_bytes / 1e6 / report.seconds if report.seconds else 0.0
    yield "versions", f"{report.first} to {report.last}, the head is {report.head}"
    yield "head's SHA-256", str(report.head_sha256)
    yield "links", f"{report.links}: {report.recomputed} recomputed, of them {report.rollbacks} rollbacks"
    yield "events that fell off", _fallen(report)
    yield "deltas", f"{report.folded} folded, {report.refused} refused, {report.unsettled} not settled yet"
    yield "swipes", f"{report.swipes} looked at, {report.swipes_counted} in deltas"
    yield "recipes", str(len(report.recipes))
    yield "from archive", "; ".join(report.from_archive) or "nothing"
    yield "found", ", ".join(f"{counts[kind]} {kind}" for kind in Kind if counts[kind]) or "nothing"
    yield "time", f"{report.seconds:.1f} s, {report.delta_bytes / 1e6:.0f} MB of deltas ({rate:.0f} MB/s)"


def _fallen(report: Report) -> str:
    named = {f.offset: f" (version {f.version})" if f.version else "" for f in report.fallen}
    shown = [f"offset {f.offset}{named[f.offset]}: {f.reason}" for f in report.fallen[:SHOWN]]
    return f"{report.fallen_count}" + (": " + "; ".join(shown) if shown else "")


def write_json(file: Path, content: object) -> None:
    """Write what --json names. FedswipeError when it cannot be written."""
    try:
        file.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise FedswipeError(f"--json {file}: {error}") from error
