"""A record's position: it is a dead letter's id, and a retry names by it the letter that it takes up."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fedswipe.events import Header

RETRY_OF = "fedswipe-retry-of"  # the header of a retry: the position of the letter's origin
_FORM = re.compile(r"([\w.-]+)/(\d{1,9})/(\d{1,18})")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a record lies; `str` gives `topic/partition/offset`."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        """Read what `str` gives; None where it is something else."""
        found = _FORM.fullmatch(text)
        return cls(found[1], int(found[2]), int(found[3])) if found else None


def is_retry(headers: Iterable[Header]) -> bool:
    """Tell whether a record says that it is a retry, be it of nothing that can be read."""
    return any(header.name == RETRY_OF for header in headers)


def retry_of(headers: Iterable[Header]) -> Position | None:
    """Return the letter that a retry names; None for what is no retry or names none."""
    named = [header.value or b"" for header in headers if header.name == RETRY_OF]
    return Position.parse(named[-1].decode("ascii", "replace")) if named else None


def retry_headers(headers: Iterable[Header], letter: Position) -> tuple[Header, ...]:
    """Return the original's headers, and the one that says whose retry this is."""
    kept = tuple(header for header in headers if header.name != RETRY_OF)
    return (*kept, Header(RETRY_OF, str(letter).encode()))
