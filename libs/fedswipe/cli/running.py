"""The commands that run things: each imports what it needs when it is called."""

import os
from pathlib import Path
from typing import Annotated

import typer

from fedswipe.cli.options import AsJson, Folder

NOT_UP = 1
OnlyStack = Annotated[
    bool, typer.Option("--only-stack", help="Start Kafka and the object store, no services.")
]
KeepData = Annotated[bool, typer.Option("--keep-data", help="Keep topics and objects for the next `up`.")]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        envvar="PREDICTOR_MODEL",
        help="A lineage that gets a predictor; give it again for another one.",
        show_default="swipe-en",
    ),
]
WithRclone = Annotated[bool, typer.Option("--with-rclone", help="Also the S3 server that only tests use.")]


def up(only_stack: OnlyStack = False, model: Models = None, folder: Folder = None) -> None:
    """Start Kafka, the object store and the services; a second call finds the first, and adds predictors."""
    from fedswipe.cli import prepare, stack

    services = prepare.services(model) if model else prepare.services()
    stack.up(prepare.prepare, services, prepare.wiring, only_stack=only_stack, folder=folder)


def down(keep_data: KeepData = False, folder: Folder = None) -> None:
    """Stop what `up` started and leave nothing behind."""
    from fedswipe.cli import stack

    stack.down(keep_data=keep_data, folder=folder)


def status(as_json: AsJson = False, folder: Folder = None) -> None:
    """Say what runs, where it listens and whether it is ready; exit code 1 unless all of it is."""
    from fedswipe.cli import stack

    if not stack.status(as_json=as_json, folder=folder):
        raise typer.Exit(NOT_UP)


def fetch(with_rclone: WithRclone = False) -> None:
    """Download and compile the local stack's parts ahead of their first use."""
    from fedswipe.cli import fetch as parts

    parts.fetch(with_rclone=with_rclone)


def prepare(
    seconds: Annotated[float, typer.Option(min=0, help="How long the servers may still be starting.")] = 60,
    secret_key_file: Annotated[
        Path | None,
        typer.Option(
            "--secret-key-file", help="Only write the object store's secret key, if the file has none."
        ),
    ] = None,
) -> None:
    """Create topics, first positions and bucket on the servers that the environment names."""
    from fedswipe.cli import prepare as servers

    if secret_key_file is not None:
        servers.write_secret_key(secret_key_file, os.environ)
    else:
        addresses = servers.prepare_given(os.environ, seconds)
        print(f"Topics and bucket are there. Kafka: {addresses.kafka}; S3: {addresses.s3.url}")
