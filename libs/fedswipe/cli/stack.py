"""What `fedswipe up`, `down` and `status` print; what they do is in fedswipe.local."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.progress_bar import ProgressBar
from rich.table import Table

from fedswipe.local.addresses import Addresses
from fedswipe.local.down import take_down
from fedswipe.local.reporter import Reporter
from fedswipe.local.state import State, default_folder
from fedswipe.local.up import Prepare, Services, Wiring, bring_up

INGEST = "ingest"  # who serves the pages
_USERS_FOLDER = "fedswipe in $XDG_STATE_HOME or ~/.local/state"
OnlyStack = Annotated[bool, typer.Option("--only-stack", help="Start no services.")]
KeepData = Annotated[bool, typer.Option("--keep-data", help="Keep topics and objects for the next `up`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Folder = Annotated[
    Path | None, typer.Option("--folder", help="Of data, logs and state.", show_default=_USERS_FOLDER)
]


@dataclass(frozen=True)
class PartStatus:
    """One line of `fedswipe status`: a process has a pid, a container its short id."""

    part: str
    how: str
    address: str
    healthy: bool
    pid: int | None
    container: str | None
    log: str | None


def up(
    prepare: Prepare,
    services: Services,
    wiring: Wiring,
    *,
    only_stack: bool = False,
    folder: Path | None = None,
) -> Addresses:
    """Bring everything up, print what runs where, return the addresses of Kafka and the object store."""
    console = Console()
    state = bring_up(
        folder or default_folder(os.environ),
        environ=os.environ,
        services={} if only_stack else services,
        prepare=prepare,
        reporter=ConsoleReporter(console),
        wiring=wiring,
    )
    console.print(_table(_statuses(state)))
    for page in (part.address for part in state.running if part.name == INGEST):
        console.print(f"Swipe and watch: {page}/", highlight=False)
    console.print("`fedswipe down` stops it and deletes its data.", highlight=False)
    return state.addresses


def down(*, keep_data: bool = False, folder: Path | None = None) -> None:
    """Stop what `up` started and leave nothing behind."""
    take_down(folder or default_folder(os.environ), keep_data=keep_data, reporter=ConsoleReporter(Console()))


def status(*, as_json: bool = False, folder: Path | None = None) -> bool:
    """Print each part's state, asked by a real request; say whether all that was started is healthy."""
    statuses = _statuses(State.load(folder or default_folder(os.environ)))
    console = Console()
    if as_json:
        console.print_json(json.dumps([asdict(line) for line in statuses]))
    elif statuses:
        console.print(_table(statuses))
    else:
        console.print("Nothing is up.")
    return bool(statuses) and all(line.healthy for line in statuses)


class ConsoleReporter(Reporter):
    """Draws a bar while a step is going on, and leaves a line with its time."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        """Print one sentence."""
        self._console.print(text, highlight=False)

    @contextmanager
    def step(self, title: str, seconds: float) -> Iterator[None]:
        """Show elapsed over expected time; where nothing can be redrawn, say what begins."""
        if not self._console.is_terminal:
            self.say(f"{title} (about {seconds:.0f} s)")
            yield
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), _ExpectedTime(), TimeElapsedColumn())
        with Progress(*columns, TextColumn(f"of about {seconds:.0f} s"), console=self._console) as progress:
            task = progress.add_task(title, total=seconds)
            yield
            progress.update(task, completed=seconds)


class _ExpectedTime(ProgressColumn):
    """A bar of elapsed over expected time; it stops just short of full until the step is done."""

    def render(self, task: Task) -> ProgressBar:
        total = task.total or 1.0
        done = total if task.finished else min(task.elapsed or 0.0, 0.97 * total)
        return ProgressBar(total, done, width=30)


def _statuses(state: State) -> list[PartStatus]:
    return [
        PartStatus(
            part.name,
            part.how,
            part.address,
            state.answers(part),
            part.process.pid if part.process else None,
            part.container.short if part.container else None,
            part.log,
        )
        for part in state.running
    ]


def _table(statuses: Sequence[PartStatus]) -> Table:
    folders = sorted({str(Path(line.log).parent) for line in statuses if line.log and line.pid})
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.caption = f"Logs in {', '.join(folders)}" if folders else None
    for column in ("part", "how", "address", "healthy", "id"):
        table.add_column(column, no_wrap=True)
    table.add_column("log", overflow="fold")
    for line in statuses:
        healthy = "[green]yes[/]" if line.healthy else "[red]no[/]"
        log = Path(line.log).name if line.log and line.pid else line.log
        identity = str(line.pid or line.container or "-")
        table.add_row(line.part, line.how, line.address, healthy, identity, log or "-")
    return table
