"""What the services' ends and logs tell: why one ended by itself, and how often partitions were given out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fedswipe.testing.chaos.actor import Actor

# A service may crash for these causes alone: the design lets a supervisor start it again.
CAUSES: Mapping[str, str] = {
    r"BrokerUnavailable: ": "no broker answered while it started",
    r"BrokersForgotten: ": "its client had forgotten every broker",
    r"transaction\.py(?s:.*)KafkaException: ": "the broker went away in its transaction, or had ended it",
}
ASSIGNED = " assigned "


@dataclass(frozen=True)
class Ended:
    """An instance that ended by itself, `at` seconds after the start; without a cause it is a fault."""

    name: str
    at: float
    status: int
    cause: str | None
    log: str


def ends_of(actors: Iterable[Actor], began: float) -> Iterator[Ended]:
    """Return every such end, with its cause by the end of its log."""
    for actor in actors:
        for crash in actor.crashes:
            yield Ended(crash.name, crash.at - began, crash.status, cause_of(crash.log), crash.log)


def cause_of(log: str) -> str | None:
    """Return the cause that the end of a log tells, None when it is not one that may be."""
    raised = log.rpartition("Traceback (most recent call last)")[2]
    return next((cause for pattern, cause in CAUSES.items() if re.search(pattern, raised)), None)


def assignments(folder: Path) -> dict[str, int]:
    """Count how often each group's members were given partitions, by the logs in `folder`/logs."""
    return {
        service: sum(
            ASSIGNED in line
            for log in (folder / "logs").glob(f"{service}*.log")
            for line in log.read_text(errors="replace").splitlines()
        )
        for service in ("trainer", "aggregator")
    }
