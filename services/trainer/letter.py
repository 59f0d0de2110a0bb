"""A dead letter of the trainer."""

from dataclasses import dataclass

from fedswipe.errors import InvalidMessage
from fedswipe.events import DeadLettered
from fedswipe.kafka.record import Record

SERVICE = "trainer"


@dataclass(frozen=True)
class Letter:
    """What goes to the dead letters of the source's topic, and the source's key."""

    event: DeadLettered
    key: bytes | None

    @classmethod
    def of(cls, record: Record, reason: InvalidMessage) -> "Letter":
        """Return a record's letter for this reason."""
        return cls(record.dead_letter(reason.reason, reason.detail, SERVICE), record.key)
