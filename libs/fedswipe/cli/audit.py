"""`fedswipe audit`: one function a command, each importing what it needs when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from fedswipe.cli.options import JsonPath

app = typer.Typer(
    name="audit",
    help="Prove a lineage from its topics and the object store alone; no service needs to run.",
    no_args_is_help=True,
)
Model = Annotated[str, typer.Option("--model", help="Whose lineage: its model id.")]
First = Annotated[int, typer.Option("--from", help="The first version; its parent's objects are taken.")]
Last = Annotated[int | None, typer.Option("--to", help="The last version.", show_default="the head")]
FromDir = Annotated[
    Path | None,
    typer.Option("--from-dir", help="Prove an export, without Kafka or an object store."),
]
RepeatSpan = Annotated[
    int, typer.Option("--repeat-span", min=0, help="What the trainers' TRAINER_REPEAT_SPAN is.")
]


@app.command(
    epilog="Exit codes: 0 proven; 1 broken: what and where is named; 2 evidence expired: which range and why "
    "(the JSON's `verdict` says so), or nothing was judged because an option was wrong or a server could "
    "not be reached (an error on stderr; the JSON's `verdict` is `not judged`); 3 evidence forgotten: an "
    "archive has left out what clients had forgotten."
)
def verify(
    model: Model = "swipe-en",
    first: First = 1,
    last: Last = None,
    json_file: JsonPath = None,
    from_dir: FromDir = None,
    repeat_span: RepeatSpan = 10_000,
) -> None:
    """Recompute every model from its deltas and compare the bytes; see that every swipe counted once."""
    from fedswipe.cli import audit_verify as command

    code = command.verify(
        model=model, first=first, last=last, json_file=json_file, from_dir=from_dir, repeat_span=repeat_span
    )
    if code:
        raise typer.Exit(code)


@app.command(epilog="Exit codes: as `fedswipe audit verify`, for what was exported.")
def export(
    to: Annotated[Path, typer.Option("--to", help="A folder that is not there yet.")],
    model: Model = "swipe-en",
    first: First = 1,
    last: Annotated[
        int | None, typer.Option("--to-version", help="The last version.", show_default="the head")
    ] = None,
    repeat_span: RepeatSpan = 10_000,
) -> None:
    """Write the evidence into a folder that `verify --from-dir` proves offline. It holds raw swipes."""
    from fedswipe.cli import audit_export as command

    code = command.export(model=model, to=to, first=first, last=last, repeat_span=repeat_span)
    if code:
        raise typer.Exit(code)


@app.command()
def archive(
    model: Model = "swipe-en",
    first: First = 1,
    last: Last = None,
    json_file: JsonPath = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how long each version's deltas will be kept.")
    ] = False,
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Also what only earlier archives have; name what is then not needed."),
    ] = False,
    repeat_span: RepeatSpan = 10_000,
) -> None:
    """Copy evidence to the object store before retention deletes it; `verify` falls back on it."""
    from fedswipe.cli import audit_archive as command

    command.archive(
        model=model,
        first=first,
        last=last,
        json_file=json_file,
        dry_run=dry_run,
        anew=anew,
        repeat_span=repeat_span,
    )


@app.command()
def explain(
    version: Annotated[int, typer.Argument(help="The version to explain.")],
    model: Model = "swipe-en",
    pseudonyms: Annotated[
        bool,
        typer.Option(
            "--pseudonyms", help="Show clients as keyed hashes; FEDSWIPE_PSEUDONYM_KEY holds the key."
        ),
    ] = False,
    json_file: JsonPath = None,
) -> None:
    """Say what a version is made of: each delta's client, weight, norm, verdict, letter and swipes."""
    from fedswipe.cli import audit_explain as command

    command.explain(version=version, model=model, pseudonyms=pseudonyms, json_file=json_file)
