"""The port of an operator's commands: one lineage's log, to look at and to append to.

The adapter is `kafka.operator_log.KafkaOperatorLog`, the twin `testing.operator_log.InMemoryOperatorLog`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fedswipe.chain import Link
from fedswipe.events import GlobalModelPublished, PredictionServed, SwipeRecorded
from fedswipe.serving.changes import ServingLog
from fedswipe.serving.rollback import ChainLog


@dataclass(frozen=True, slots=True)
class ArchivedLink:
    """A link, the event that it is, and when the broker stored it."""

    link: Link
    event: GlobalModelPublished
    at: datetime


class OperatorLog(ChainLog, ServingLog, Protocol):
    """One lineage's log. Every method raises Retryable when the log cannot be reached."""

    def archived(self, first: int, last: int) -> list[ArchivedLink]:
        """Return the links of these versions, oldest first."""
        ...

    def changed_at(self, offset: int) -> datetime:
        """Return when the broker stored this change of the servings."""
        ...

    def outcomes(
        self, since: datetime | None, *, follow: bool
    ) -> Iterator[Sequence[PredictionServed | SwipeRecorded]]:
        """Yield batches of predictions and of swipes, from this time on, up to the end there is now.

        With `follow` it goes on for ever, and yields an empty batch where nothing comes for a second.
        """
        ...
