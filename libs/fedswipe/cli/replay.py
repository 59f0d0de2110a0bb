"""`fedswipe replay`: it imports what it needs when it is called."""

from typing import Annotated

import typer


def replay(
    topic: Annotated[str, typer.Option("--topic", help="Where the records are.")],
    partition: Annotated[int, typer.Option("--partition", min=0, help="Its partition, and the target's.")],
    first: Annotated[int, typer.Option("--from", min=0, help="The first offset.")],
    end: Annotated[int, typer.Option("--to", min=1, help="The offset behind the last.")],
    into: Annotated[str, typer.Option("--into", help="The topic they go to; it must be there.")],
    into_kafka: Annotated[
        str | None, typer.Option("--into-kafka", help="Another cluster's host:port.", show_default="the same")
    ] = None,
    rate: Annotated[
        float | None, typer.Option("--rate", min=0.001, help="Records a second, at most.")
    ] = None,
) -> None:
    """Publish a stretch of a partition again, into another topic or cluster, with its origin in headers."""
    from fedswipe.cli import replaying

    replaying.replay(
        topic=topic, partition=partition, first=first, end=end, into=into, into_kafka=into_kafka, rate=rate
    )
