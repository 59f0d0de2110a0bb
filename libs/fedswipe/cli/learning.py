"""The commands about models: each imports what it needs when it is called."""

import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fedswipe.cli.options import Folder, JsonPath, SwipesPath

DemoModel = Annotated[
    str, typer.Option("--model", envvar="PREDICTOR_MODEL", help="The lineage that learns and is served.")
]


def demo(
    swipes: SwipesPath = None,
    clients: Annotated[int, typer.Option(min=34, help="How many people send their swipes.")] = 340,
    json_file: JsonPath = None,
    picture: Annotated[Path, typer.Option("--picture", help="Where accuracy per version is drawn.")] = Path(
        "demo-report.png"
    ),
    ingest: Annotated[
        str | None,
        typer.Option(
            help="A running loop's ingest; its Kafka and store are the environment's.",
            envvar="FEDSWIPE_INGEST",
        ),
    ] = None,
    predictor: Annotated[
        str | None,
        typer.Option(help="Its predictor. Without both a loop is brought up.", envvar="FEDSWIPE_PREDICTOR"),
    ] = None,
    model: DemoModel = "swipe-en",
    folder: Folder = None,
) -> None:
    """Run the whole loop: swipes in, better words out, judged on people who were never sent."""
    from fedswipe.cli import demo as main_job
    from fedswipe.cli.loop import bring_up, given

    here = partial(bring_up, folder, model)
    open_loop = partial(given, ingest, predictor, os.environ) if ingest and predictor else here
    main_job.demo(
        open_loop, model=model, swipes=swipes, clients=clients, json_file=json_file, picture=picture
    )


def evaluate(
    swipes: SwipesPath = None,
    lineage: Annotated[str, typer.Option("--lineage", help="Whose layout and words.")] = "swipe-en",
    lexicon: Annotated[
        str | None,
        typer.Option("--lexicon", help="The words that a prediction may be.", show_default="the lineage's"),
    ] = None,
    words: Annotated[
        Path | None,
        typer.Option("--words", exists=True, help="Words, one a line, in place of the lexicon's rarest."),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="factory, latest, s3://bucket/key, or a file's path.")
    ] = "factory",
    unseen: Annotated[
        bool, typer.Option("--unseen", help="Judge only the people that the demo never sends.")
    ] = False,
    context: Annotated[
        bool, typer.Option("--context", help="Tell the search the word before each swipe, of its sentence.")
    ] = False,
    json_file: JsonPath = None,
) -> None:
    """Say how well and how fast a model reads swipes: logged ones, or without --swipes simulated ones."""
    from fedswipe.cli import evaluate as judge

    judge.evaluate(
        swipes=swipes,
        lineage=lineage,
        lexicon=lexicon,
        words=words,
        model=model,
        unseen=unseen,
        json_file=json_file,
        context=context,
    )


ConfigPath = Annotated[
    Path | None,
    typer.Option("--config", exists=True, help="A TOML file like examples/learning.toml."),
]
RunPath = Annotated[
    Path, typer.Option("--out", help="The run's folder; a run that was cut goes on where it stands.")
]
Logs = Annotated[
    Path, typer.Option("--swipes", exists=True, help="How We Swipe logs: the zip file or a folder.")
]


def pretrain(
    out: RunPath,
    config: ConfigPath = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="The same seed gives the same bytes on one machine.")
    ] = None,
    swipes: Annotated[int | None, typer.Option("--swipes", min=64, help="How many synthetic swipes.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Whose layout and lexicon.")] = None,
) -> None:
    """Train a factory model, on synthetic swipes only."""
    from fedswipe.cli import runs

    runs.pretrain(config, out, seed, swipes, model)


def train(out: RunPath, swipes: Logs, config: ConfigPath = None) -> None:
    """Train centrally on everybody's swipes: the yardstick of federated training."""
    from fedswipe.cli import runs

    runs.train(config, out, swipes)


def simulate(out: RunPath, swipes: Logs, config: ConfigPath = None) -> None:
    """Federate in one process: people as clients, trained and folded by the services' own code."""
    from fedswipe.cli import runs

    runs.simulate(config, out, swipes)
