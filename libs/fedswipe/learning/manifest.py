"""A window's manifest: offset, id, verdict and weight of every record that its link settles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import orjson

from fedswipe.errors import FedswipeError
from fedswipe.events import DeltaId
from fedswipe.learning.verdict import UNLETTERED, WITNESSED, Verdict


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: its offset, its delta's id ("" when unreadable), what became of it, its integer weight."""

    offset: int
    delta_id: DeltaId
    verdict: Verdict
    weight: int


@dataclass(frozen=True)
class Manifest:
    """All records of a window, by offset, and up to which offset of the clients' topic they were judged by.

    `clients_end` is None in manifests of links that settle nothing, and of code before forgotten clients.
    """

    entries: tuple[Entry, ...]
    clients_end: int | None = None

    @property
    def folded(self) -> frozenset[DeltaId]:
        """The ids that went into the model."""
        return frozenset(e.delta_id for e in self.entries if e.verdict is Verdict.FOLDED)

    @property
    def refused(self) -> tuple[Entry, ...]:
        """The records that do not count."""
        return tuple(e for e in self.entries if e.verdict is not Verdict.FOLDED)

    @property
    def lettered(self) -> Mapping[int, Verdict]:
        """The verdicts of the records that owe a dead letter, by offset."""
        return {e.offset: e.verdict for e in self.entries if e.verdict not in UNLETTERED}

    @property
    def witnessed(self) -> Mapping[int, Verdict]:
        """The verdicts that nobody can find again, by offset: what the store lacked at that time."""
        return {e.offset: e.verdict for e in self.entries if e.verdict in WITNESSED}

    def to_bytes(self) -> bytes:
        """Return canonical JSON: `{"clients_end": n, "entries": [[offset, id, verdict, weight], ...]}`."""
        end = {} if self.clients_end is None else {"clients_end": self.clients_end}
        rows = [[e.offset, e.delta_id, e.verdict, e.weight] for e in self.entries]
        return orjson.dumps(end | {"entries": rows})

    @classmethod
    def of(cls, entries: Iterable[Entry], clients_end: int | None = None) -> Self:
        """Take a window's entries."""
        return cls(tuple(entries), clients_end)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote; FedswipeError when these bytes are something else."""
        try:
            whole = orjson.loads(data)
            return cls(tuple(_entry(*row) for row in whole["entries"]), _end(whole.get("clients_end")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FedswipeError(f"manifest: not one that this release knows ({error!r})") from error


def _end(clients_end: Any) -> int | None:
    if clients_end is not None and (type(clients_end) is not int or clients_end < 0):
        raise TypeError(f"clients_end is {clients_end!r}")
    return clients_end


def _entry(offset: Any, delta_id: Any, verdict: Any, weight: Any) -> Entry:
    if not (type(offset) is type(weight) is int and isinstance(delta_id, str)):
        raise TypeError(f"a record is {[offset, delta_id, verdict, weight]!r}")
    return Entry(offset, DeltaId(delta_id), Verdict(verdict), weight)
