"""What folding needs of the log: append a link and read it back, look up, write letters, go back."""

from collections.abc import Sequence
from typing import Protocol

from fedswipe.forgotten_clients import Forgotten
from fedswipe.kafka.record import Record
from fedswipe.learning.verdict import Verdict


class LineageLog(Protocol):
    """One lineage's partitions of the log. Every method raises Retryable when the outcome is unknown."""

    def append_link(self, data: bytes) -> None:
        """Write a link outside any transaction and return once our own chain has read past it.

        Raises Retryable when that is not seen in time: the link may be in the log all the same.
        """
        ...

    def read_deltas(self, offsets: Sequence[int]) -> list[Record]:
        """Return the records at these offsets that still exist."""
        ...

    def write_letters(self, refused: Sequence[tuple[Record, Verdict]]) -> None:
        """Write the dead letters of refused records; again is harmless, their id is their origin."""
        ...

    def forgotten(self, least: int) -> Forgotten:
        """Return who is forgotten by all that the clients' topic holds now.

        Raises Retryable, also when it holds fewer than `least` records.
        """
        ...

    def seek(self, offset: int) -> int:
        """Read on at this offset; `Sought` of the returned number comes before its first record."""
        ...
