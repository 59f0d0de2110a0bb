"""`fedswipe dlq`: the dead letters, listed, shown, sent again or dropped. What they do is in `letters.py`."""

from pathlib import Path
from typing import Annotated

import typer

from fedswipe.cli.options import AsJson
from fedswipe.topology import SWIPES

app = typer.Typer(name="dlq", help="List, show, retry and drop dead letters.", no_args_is_help=True)
InTopic = Annotated[
    str | None, typer.Option("--topic", help=f"Only letters of this topic's records, e.g. {SWIPES.name}.")
]
WithReason = Annotated[str | None, typer.Option("--reason", help="Only letters with this reason.")]
All = Annotated[bool, typer.Option("--all", help="Also those that were dropped or retried before.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
At = Annotated[
    list[str] | None,
    typer.Argument(metavar="[TOPIC PARTITION OFFSET]", help="The origin's position, as `list` prints it."),
]


@app.command("list")
def list_letters(
    topic: InTopic = None, reason: WithReason = None, show_all: All = False, as_json: AsJson = False
) -> None:
    """Count letters by topic and reason, with the first and the last position of each."""
    from fedswipe.cli import letters

    letters.list_groups(topic, reason, closed=show_all, as_json=as_json)


@app.command()
def show(
    topic: Annotated[str, typer.Argument(help="The topic of the record that could not be used.")],
    partition: Annotated[int, typer.Argument(min=0)],
    offset: Annotated[int, typer.Argument(min=0)],
    raw: Annotated[Path | None, typer.Option("--raw", help="Write its bytes into this file.")] = None,
) -> None:
    """Show one letter: why, from whom, and what the record holds."""
    from fedswipe.cli import letters

    letters.show(letters.at(topic, partition, offset), raw)


@app.command()
def retry(
    position: At = None,
    topic: InTopic = None,
    reason: WithReason = None,
    retry_all: All = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Write the originals again, into the topics and partitions they came from."""
    from fedswipe.cli import letters

    chosen = letters.Choice.of(position, topic, reason, closed=retry_all)
    letters.retry(chosen, dry_run=dry_run, yes=yes)


@app.command()
def drop(
    position: At = None,
    topic: InTopic = None,
    reason: WithReason = None,
    why: Annotated[str, typer.Option("--why", help="Kept with the letter.")] = "dropped by an operator",
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Mark letters as dealt with; they stay in the log, and `--all` shows them."""
    from fedswipe.cli import letters

    letters.drop(letters.Choice.of(position, topic, reason, closed=False), why, dry_run=dry_run, yes=yes)
