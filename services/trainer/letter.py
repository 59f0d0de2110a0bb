"""A dead letter of the trainer."""

from dataclasses import dataclass

from fedswipe.dead_letters.closing import taken_up
from fedswipe.dead_letters.retries import ClosedLetter
from fedswipe.errors import InvalidMessage
from fedswipe.events import DeadLettered
from fedswipe.kafka.record import Record
from fedswipe.topology import Role

SERVICE = str(Role.TRAINER)


@dataclass(frozen=True)
class Letter:
    """What goes to the dead letters of the source's topic, and the source's key."""

    event: DeadLettered
    key: bytes | None

    @classmethod
    def of(cls, record: Record, reason: InvalidMessage) -> "Letter":
        """Return a record's letter for this reason."""
        return cls(record.dead_letter(reason.reason, reason.detail, SERVICE), record.key)

    @classmethod
    def closing(cls, closed: ClosedLetter) -> "Letter":
        """Return what closes a letter that a retry takes up."""
        return cls(taken_up(closed.letter, closed.how, closed.retry.offset, SERVICE), closed.retry.key)
