"""A window's manifest: offset, id, verdict and weight of every record that its link settles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import orjson

from fedswipe.errors import FedswipeError
from fedswipe.events import DeltaId
from fedswipe.learning.verdict import WITNESSED, Verdict


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: its offset, its delta's id ("" when unreadable), what became of it, its integer weight."""

    offset: int
    delta_id: DeltaId
    verdict: Verdict
    weight: int


@dataclass(frozen=True)
class Manifest:
    """All records of a window, by offset."""

    entries: tuple[Entry, ...]

    @property
    def folded(self) -> frozenset[DeltaId]:
        """The ids that went into the model."""
        return frozenset(e.delta_id for e in self.entries if e.verdict is Verdict.FOLDED)

    @property
    def refused(self) -> tuple[Entry, ...]:
        """The records that owe a dead letter."""
        return tuple(e for e in self.entries if e.verdict is not Verdict.FOLDED)

    @property
    def witnessed(self) -> Mapping[int, Verdict]:
        """The verdicts that nobody can find again, by offset: what the store lacked at that time."""
        return {e.offset: e.verdict for e in self.entries if e.verdict in WITNESSED}

    def to_bytes(self) -> bytes:
        """Return canonical JSON: `{"entries": [[offset, id, verdict, weight], ...]}`."""
        return orjson.dumps({"entries": [[e.offset, e.delta_id, e.verdict, e.weight] for e in self.entries]})

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        """Take a window's entries."""
        return cls(tuple(entries))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote; FedswipeError when these bytes are something else."""
        try:
            rows = orjson.loads(data)["entries"]
            return cls(tuple(_entry(*row) for row in rows))
        except (ValueError, KeyError, TypeError) as error:
            raise FedswipeError(f"manifest: not one that this release knows ({error!r})") from error


def _entry(offset: Any, delta_id: Any, verdict: Any, weight: Any) -> Entry:
    if not (type(offset) is type(weight) is int and isinstance(delta_id, str)):
        raise TypeError(f"a record is {[offset, delta_id, verdict, weight]!r}")
    return Entry(offset, DeltaId(delta_id), Verdict(verdict), weight)
