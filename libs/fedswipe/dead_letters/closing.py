"""What closes a dead letter: another event in its topic, of the same origin, that says what was done."""

from dataclasses import replace
from enum import StrEnum

from fedswipe.dead_letters.position import Position
from fedswipe.events import DeadLettered, Header

RETRIED_AS = "fedswipe-retried-as"  # the header of a closing: the offset of the retry that took the letter up


class Closing(StrEnum):
    """How a letter was closed; these reasons are no letter's."""

    DROPPED = "dropped"
    RETRIED = "retried"
    REPEATED = "repeated"  # retried, but the same swipe had been trained meanwhile


_CLOSINGS = {str(how): how for how in Closing}


def closing(letter: Position, how: Closing, detail: str, service: str) -> DeadLettered:
    """Return the event that closes a letter. It carries no record: the letter has it."""
    return DeadLettered(
        *(letter.topic, letter.partition, letter.offset, how.value, detail, service),
        *(None, None, ()),
    )


def taken_up(letter: Position, how: Closing, retry: int, service: str) -> DeadLettered:
    """Return the event that closes a letter because its retry, at this offset, stands for it from now on."""
    event = closing(letter, how, f"taken up by offset {retry}", service)
    return replace(event, headers=(Header(RETRIED_AS, str(retry).encode()),))


def how_closed(event: DeadLettered) -> Closing | None:
    """Return how this event closes its letter, None when it is a letter itself."""
    return _CLOSINGS.get(event.reason)


def retried_as(event: DeadLettered) -> int | None:
    """Return the offset of the retry that took the letter up, where a closing says so."""
    named = [header.value or b"" for header in event.headers if header.name == RETRIED_AS]
    return int(named[-1]) if named and named[-1].isdigit() else None
