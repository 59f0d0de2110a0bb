"""The `fedswipe` command: one function a command, each importing what it needs when it runs.

So `fedswipe up` loads neither torch nor numba, and `fedswipe --help` answers at once.
"""

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from fedswipe.cli import audit, dlq, forget, language, learning, models, replay, running
from fedswipe.errors import FedswipeError

REFUSED = 2
app = typer.Typer(
    name="fedswipe",
    help="Federated learning for swipe keyboards, on Apache Kafka.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # what is not a FedswipeError is a fault: Python's own traceback shows it
    add_completion=False,
)
COMMANDS = (
    *(running.up, running.down, running.status, running.fetch, running.prepare),
    *(learning.demo, learning.evaluate, learning.pretrain, learning.train, learning.simulate),
    *(forget.forget, replay.replay),
)
Markdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown for the docs.")]

for command in COMMANDS:
    app.command()(command)
app.add_typer(language.app)
app.add_typer(models.app)
app.add_typer(dlq.app)
app.add_typer(audit.app)


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
