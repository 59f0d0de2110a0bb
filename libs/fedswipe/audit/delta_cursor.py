"""Walks the deltas once, in order, handing each link the records it settles."""

from collections.abc import Iterator

from fedswipe.audit.delta_record import DeltaRecord


class DeltaCursor:
    """Over records in the order of their offsets; `bytes` and `records` count what was taken."""

    def __init__(self, records: Iterator[DeltaRecord]) -> None:
        self.bytes = 0
        self.records = 0
        self._records = records
        self._next = next(records, None)

    def take(self, start: int, end: int | None = None) -> Iterator[DeltaRecord]:
        """Yield the records at offsets [start, end), or all that are left; drop those before `start`."""
        while self._next is not None and (end is None or self._next.offset < end):
            record, self._next = self._next, next(self._records, None)
            self.bytes += record.size
            self.records += 1
            if record.offset >= start:
                yield record
