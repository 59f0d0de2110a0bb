"""`fedswipe models`: what the lineage's versions are, and which of them the predictors serve."""

from typing import Annotated

import typer

from fedswipe.cli.options import AsJson
from fedswipe.events import CanaryBy

app = typer.Typer(
    name="models", help="Look at a model's versions, and say which are served.", no_args_is_help=True
)
ABORTED = 1
NEWEST = "newest"
Model = Annotated[str, typer.Option("--model", help="The lineage.")]
Version = Annotated[int, typer.Argument(help="A version's number.", show_default=False)]
Reason = Annotated[str, typer.Option("--reason", help="A few words for whoever reads the log later.")]
SWIPE_EN = "swipe-en"


@app.command("list")
def list_(
    last: Annotated[int, typer.Option("--last", min=1, help="How many of the newest versions.")] = 20,
    model: Model = SWIPE_EN,
    as_json: AsJson = False,
) -> None:
    """List the newest versions, and which of them is head, stable, pinned or canary."""
    from fedswipe.cli import model_versions

    model_versions.show_list(model, last=last, as_json=as_json)


@app.command()
def show(version: Version, model: Model = SWIPE_EN, as_json: AsJson = False) -> None:
    """Show all that is known of one version."""
    from fedswipe.cli import model_versions

    model_versions.show_one(model, version, as_json=as_json)


@app.command()
def rollback(version: Version, model: Model = SWIPE_EN) -> None:
    """Publish an older version's model and optimiser state as the newest version; training goes on there."""
    from fedswipe.cli import serving

    serving.rollback(model, version)


@app.command()
def pin(version: Version, model: Model = SWIPE_EN, reason: Reason = "") -> None:
    """Serve this version until it is unpinned, whatever is published."""
    from fedswipe.cli import serving

    serving.pin(model, version, reason)


@app.command()
def unpin(model: Model = SWIPE_EN, reason: Reason = "") -> None:
    """Follow the newest version again."""
    from fedswipe.cli import serving

    serving.unpin(model, reason)


@app.command()
def canary(
    version: Annotated[str, typer.Argument(help="A version's number, or newest.")] = NEWEST,
    share: Annotated[float, typer.Option("--share", help="Who gets it: more than 0, at most 1.")] = 0.1,
    by: Annotated[
        CanaryBy,
        typer.Option("--by", case_sensitive=False, help="Whether it is a share of clients or of predictors."),
    ] = CanaryBy.CLIENT,
    stable: Annotated[
        int | None,
        typer.Option(
            "--stable", help="What the others get.", show_default="what is served, or the one before"
        ),
    ] = None,
    model: Model = SWIPE_EN,
    reason: Reason = "",
) -> None:
    """Serve a version to a share, and hold the others at the stable version."""
    from fedswipe.cli import serving

    if version != NEWEST and not version.isdecimal():
        raise typer.BadParameter(f"{version}: give a version's number, or {NEWEST}")
    tried = None if version == NEWEST else int(version)
    serving.canary(model, tried, share, by, stable, reason)


@app.command()
def promote(model: Model = SWIPE_EN, reason: Reason = "") -> None:
    """End the canary well: pinned if a version was pinned before, else the newest version is followed."""
    from fedswipe.cli import serving

    serving.promote(model, reason)


@app.command()
def abort(model: Model = SWIPE_EN, reason: Reason = "") -> None:
    """End the canary and pin the stable version, until it is unpinned."""
    from fedswipe.cli import serving

    serving.abort(model, reason)


@app.command()
def accuracy(
    hours: Annotated[float, typer.Option("--hours", min=0.01, help="How far back.")] = 24.0,
    model: Model = SWIPE_EN,
    as_json: AsJson = False,
) -> None:
    """Say how often each version's words were right, by swipes whose word is known by now."""
    from fedswipe.cli import accuracy as judged

    judged.accuracy(model, hours=hours, as_json=as_json)


@app.command()
def watch(model: Model = SWIPE_EN) -> None:
    """Judge the canary as swipes come in, and abort it when it is worse; exit code 1 if it was aborted."""
    from fedswipe.cli import accuracy as judged

    if judged.watch(model):
        raise typer.Exit(ABORTED)
