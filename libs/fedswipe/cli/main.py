"""The `fedswipe` command: one function a command, each importing what it needs when it runs.

So `fedswipe up` loads neither torch nor numba, and `fedswipe --help` answers at once.
"""

import os
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from fedswipe.cli import dlq
from fedswipe.cli.options import (
    AsJson,
    Folder,
    GivenSwipesPath,
    IngestAddress,
    JsonPath,
    KeepData,
    Markdown,
    OnlyStack,
    PicturePath,
    PredictorAddress,
    SecretKeyFile,
    SwipesPath,
    WithRclone,
    WordsPath,
)
from fedswipe.errors import FedswipeError

REFUSED, NOT_UP = 2, 1  # exit codes
app = typer.Typer(
    name="fedswipe",
    help="Federated learning for swipe keyboards, on Apache Kafka.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # what is not a FedswipeError is a fault: Python's own traceback shows it
    add_completion=False,
)
app.add_typer(dlq.app)


def main() -> None:
    """Run a command; an expected error is one red message and exit code 2, anything else a traceback."""
    try:
        app()
    except FedswipeError as error:
        text = Text(str(error), style="red")
        Console(stderr=True, soft_wrap=True).print(text)
        sys.exit(REFUSED)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"fedswipe {version('fedswipe')}")
        raise typer.Exit


@app.callback()
def _root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Federated learning for swipe keyboards, on Apache Kafka."""


@app.command()
def up(only_stack: OnlyStack = False, folder: Folder = None) -> None:
    """Start Kafka, the object store and the four services; a second call finds the first."""
    from fedswipe.cli import prepare, stack

    stack.up(prepare.prepare, prepare.services(), only_stack=only_stack, folder=folder)


@app.command()
def down(keep_data: KeepData = False, folder: Folder = None) -> None:
    """Stop what `up` started and leave nothing behind."""
    from fedswipe.cli import stack

    stack.down(keep_data=keep_data, folder=folder)


@app.command()
def status(as_json: AsJson = False, folder: Folder = None) -> None:
    """Say what runs, where it listens and whether it is ready; exit code 1 unless all of it is."""
    from fedswipe.cli import stack

    if not stack.status(as_json=as_json, folder=folder):
        raise typer.Exit(NOT_UP)


@app.command()
def fetch(with_rclone: WithRclone = False) -> None:
    """Download and compile the local stack's parts ahead of their first use."""
    from fedswipe.cli import fetch as parts

    parts.fetch(with_rclone=with_rclone)


@app.command()
def prepare(
    seconds: Annotated[float, typer.Option(min=0, help="How long the servers may still be starting.")] = 60,
    secret_key_file: SecretKeyFile = None,
) -> None:
    """Create topics, first positions and bucket on the servers that the environment names."""
    from fedswipe.cli import prepare as servers

    if secret_key_file is not None:
        servers.write_secret_key(secret_key_file, os.environ)
    else:
        addresses = servers.prepare_given(os.environ, seconds)
        print(f"Topics and bucket are there. Kafka: {addresses.kafka}; S3: {addresses.s3.url}")


@app.command()
def demo(
    swipes: SwipesPath = None,
    clients: Annotated[int, typer.Option(min=34, help="How many people send their swipes.")] = 340,
    json_file: JsonPath = None,
    picture: PicturePath = Path("demo-report.png"),
    ingest: IngestAddress = None,
    predictor: PredictorAddress = None,
    folder: Folder = None,
) -> None:
    """Run the whole loop: swipes in, better words out, judged on people who were never sent."""
    from fedswipe.cli import demo as main_job
    from fedswipe.cli.loop import bring_up, given

    here = partial(bring_up, folder)
    open_loop = partial(given, ingest, predictor, os.environ) if ingest and predictor else here
    main_job.demo(open_loop, swipes=swipes, clients=clients, json_file=json_file, picture=picture)


@app.command()
def evaluate(
    swipes: GivenSwipesPath,
    lexicon: Annotated[str, typer.Option("--lexicon", help="The words that a prediction may be.")] = "en-30k",
    words: WordsPath = None,
    model: Annotated[
        str, typer.Option("--model", help="factory, latest, s3://bucket/key, or a file's path.")
    ] = "factory",
    unseen: Annotated[
        bool, typer.Option("--unseen", help="Judge only the people that the demo never sends.")
    ] = False,
    json_file: JsonPath = None,
) -> None:
    """Say how well and how fast a model reads logged swipes."""
    from fedswipe.cli import evaluate as judge

    judge.evaluate(
        swipes=swipes, lexicon=lexicon, words=words, model=model, unseen=unseen, json_file=json_file
    )


@app.command()
def pretrain(
    out: Annotated[Path, typer.Option("--out", help="Where the model is written, as safetensors.")],
    seed: Annotated[
        int, typer.Option("--seed", help="The same seed gives the same bytes on one machine.")
    ] = 0,
    swipes: Annotated[int, typer.Option("--swipes", min=64, help="How many synthetic swipes.")] = 40_960,
    model: Annotated[str, typer.Option("--model", help="Whose layout and lexicon.")] = "swipe-en",
) -> None:
    """Train a factory model, on synthetic swipes only."""
    from fedswipe.cli import pretrain as training

    training.pretrain(out=out, seed=seed, swipes=swipes, model=model)


@app.command()
def topology(markdown: Markdown = False) -> None:
    """Print the flow: topics, events, keys, who writes and who reads."""
    from fedswipe.cli import topology as flow

    if markdown:
        print(flow.markdown())
    else:
        Console().print(flow.table())


@app.command()
def settings(markdown: Markdown = False) -> None:
    """Print every variable that the services read from their environment."""
    from rich.markdown import Markdown as Rendered

    from fedswipe.cli import settings as tables

    if markdown:
        print(tables.markdown())
    else:
        Console().print(Rendered(tables.markdown()))


if __name__ == "__main__":
    main()
