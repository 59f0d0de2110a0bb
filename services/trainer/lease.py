"""What one assignment gave us: the right to commit, and how far everything that was read has been settled."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fedswipe.kafka.consume_loop import Membership
from fedswipe.kafka.record import Record

Position = tuple[str, int]  # topic, partition


@dataclass(frozen=True)
class Load:
    """How much is held: records, and the bytes of their values."""

    records: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, records: Sequence[Record]) -> "Load":
        """Return what these records are."""
        return cls(len(records), sum(len(record.value or b"") for record in records))

    def __add__(self, other: "Load") -> "Load":
        return Load(self.records + other.records, self.bytes + other.bytes)

    def __sub__(self, other: "Load") -> "Load":
        return Load(self.records - other.records, self.bytes - other.bytes)


class Lease:
    """The loop's thread takes records under it, the trainer's thread settles them; either may end it.

    After `lost` is set nothing that was read under it may be used.
    """

    def __init__(self, membership: Membership) -> None:
        self.membership = membership
        self.lost = threading.Event()
        self._lock = threading.Lock()
        self._unsettled: dict[Position, int] = {}
        self._load = Load()

    def took(self, topic: str, partition: int, offset: int, load: Load) -> None:
        """Note that a record has been read; the first of a partition says where reading began."""
        with self._lock:
            self._unsettled.setdefault((topic, partition), offset)
            self._load += load

    def settled(self, ends: Mapping[Position, int], load: Load) -> None:
        """Note that everything before these offsets has been committed."""
        with self._lock:
            self._unsettled.update(ends)
            self._load -= load

    def unsettled(self) -> dict[Position, int]:
        """Return where reading must go on after a drop: the committed offset of all that was read from."""
        with self._lock:
            return dict(self._unsettled)

    @property
    def load(self) -> Load:
        """Return what has been taken and is not settled."""
        with self._lock:
            return self._load
