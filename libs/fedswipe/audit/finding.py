"""What an audit found, and the verdict that follows from it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from fedswipe.events import OffsetRange

MOST = 1_000  # findings that are kept whole; of the rest only their number


class Outcome(StrEnum):
    """The verdict of an audit. `EXIT_CODES` has the command's exit code for each."""

    PROVEN = "proven"
    BROKEN = "broken"
    EXPIRED = "evidence expired"
    FORGOTTEN = "evidence forgotten"


class ExitCode(IntEnum):
    """What `fedswipe audit verify` ends with."""

    PROVEN = 0
    BROKEN = 1
    EXPIRED = 2
    FORGOTTEN = 3
    REFUSED = 2  # nothing was judged: a wrong option, no broker, no store; said on stderr


class Kind(StrEnum):
    """What a finding does to the verdict: BROKEN outweighs EXPIRED, that FORGOTTEN; a NOTE nothing."""

    BROKEN = "broken"
    EXPIRED = "expired"
    FORGOTTEN = "forgotten"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the log says it should be, or that can no longer be told.

    `code` is a stable word; `version`, `tensors`, `topic` and `offsets` are set where there is one to name.
    """

    kind: Kind
    code: str
    detail: str
    version: int | None = None
    tensors: tuple[str, ...] = ()
    topic: str | None = None
    offsets: OffsetRange | None = None


class Findings:
    """Collects them. Memory is bounded: beyond MOST of a kind they are only counted."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.counts: Counter[Kind] = Counter()

    def add(self, *found: Finding) -> None:
        """Take findings."""
        for one in found:
            self.counts[one.kind] += 1
            if self.counts[one.kind] <= MOST:
                self.kept.append(one)

    def extend(self, found: Iterable[Finding]) -> None:
        """Take findings as they are made."""
        for one in found:
            self.add(one)

    @property
    def outcome(self) -> Outcome:
        """Return what follows from all of them."""
        if self.counts[Kind.BROKEN]:
            return Outcome.BROKEN
        if self.counts[Kind.EXPIRED]:
            return Outcome.EXPIRED
        return Outcome.FORGOTTEN if self.counts[Kind.FORGOTTEN] else Outcome.PROVEN


def broken(
    code: str,
    detail: str,
    version: int | None = None,
    *,
    tensors: tuple[str, ...] = (),
    topic: str | None = None,
    offsets: OffsetRange | None = None,
) -> Finding:
    """Return a finding that breaks the proof."""
    return Finding(Kind.BROKEN, code, detail, version, tensors, topic, offsets)


def expired(
    code: str,
    detail: str,
    version: int | None = None,
    *,
    topic: str | None = None,
    offsets: OffsetRange | None = None,
) -> Finding:
    """Return a finding of what can no longer be told."""
    return Finding(Kind.EXPIRED, code, detail, version, (), topic, offsets)


def note(code: str, detail: str, version: int | None = None) -> Finding:
    """Return a finding that changes no verdict."""
    return Finding(Kind.NOTE, code, detail, version)
