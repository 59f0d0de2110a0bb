"""`fedswipe topology`: the flow as a table, for a terminal or as Markdown (the README's)."""

from collections.abc import Iterable

from rich.table import Table

from fedswipe.events import Event
from fedswipe.topology import FOREVER, SCHEMAS, TOPICS, Role, Topic

HEADINGS = ("topic", "key", "event", "partitions", "kept", "written by", "read by")


def rows() -> list[tuple[str, ...]]:
    """Return one row a topic, in the order of HEADINGS."""
    last = (
        SCHEMAS.name,
        str(SCHEMAS.key),
        "the Avro schema's JSON",
        str(SCHEMAS.partitions),
        "compacted",
        _names(SCHEMAS.producers),
        _names(SCHEMAS.consumers),
    )
    return [_row(topic) for topic in TOPICS] + [last]


def markdown() -> str:
    """Return the table as Markdown, without a line break at its end."""
    lines = [HEADINGS, ("---",) * len(HEADINGS)]
    lines += [(f"`{name}`", *rest) for name, *rest in rows()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def table() -> Table:
    """Return the table for a terminal of 80 columns."""
    drawn = Table(title="The flow", title_justify="left", show_lines=True)
    drawn.add_column("topic", no_wrap=True)
    drawn.add_column("event, and its key", no_wrap=True)
    drawn.add_column("written by > read by")
    for topic, key, event, partitions, kept, writers, readers in rows():
        drawn.add_row(
            f"{topic}\n[dim]{partitions} partitions, {kept}[/dim]",
            f"{event}\n[dim]{key}[/dim]",
            f"{writers} > {readers}",
        )
    return drawn


def _row(topic: Topic[Event]) -> tuple[str, ...]:
    kept = "for ever" if topic.retention == FOREVER else f"{topic.retention.days} days"
    return (
        topic.name,
        str(topic.key),
        topic.event.__name__,
        str(topic.partitions),
        kept,
        _names(topic.producers),
        _names(topic.consumers),
    )


def _names(roles: Iterable[Role]) -> str:
    return "everyone" if set(roles) == set(Role) else ", ".join(roles)
