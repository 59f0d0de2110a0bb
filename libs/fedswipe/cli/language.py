"""`fedswipe language`: the lineages there are, and how another one is made."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="language", help="List the languages, or add one.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List each lineage with its layout, its words and its partition."""
    from rich.console import Console
    from rich.table import Table

    from fedswipe.topology import LINEAGES

    table = Table("model", "layout", "lexicon", "partition")
    for line in LINEAGES:
        table.add_row(line.model_id, line.layout, line.lexicon, str(line.partition))
    Console().print(table)


@app.command()
def add(
    layout: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The keyboard layout's file.")],
    words: Annotated[str, typer.Option("--words", help="Whose words, by wordfreq's code: de, fr, uk, ...")],
    model: Annotated[
        str | None, typer.Option("--model", help="The new lineage's id.", show_default="swipe-WORDS")
    ] = None,
    size: Annotated[int, typer.Option("--size", min=1, help="How many words.")] = 30_000,
    swipes: Annotated[
        int | None,
        typer.Option(
            "--swipes", min=64, help="How many synthetic swipes.", show_default="as fedswipe pretrain"
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="As fedswipe pretrain --seed.")] = 0,
    source: Annotated[
        Path, typer.Option("--source", exists=True, file_okay=False, help="A checkout of FedSwipe.")
    ] = Path(),
) -> None:
    """Make a lineage of a layout: lexicon, factory model, and a partition, written into the source tree."""
    from fedswipe.cli import language_add

    language_add.add(layout, words=words, model=model, size=size, swipes=swipes, seed=seed, source=source)
