"""Compares the deltas' dead letters with the verdicts: one byte for each offset of the deltas in scope."""

from collections.abc import Iterable, Iterator

import numpy as np

from fedswipe import codec
from fedswipe.audit.evidence import Evidence
from fedswipe.audit.finding import Finding, broken, expired, note
from fedswipe.dead_letters.closing import how_closed
from fedswipe.errors import InvalidMessage
from fedswipe.events import DeadLettered, Event, OffsetRange
from fedswipe.learning.manifest import Entry
from fedswipe.learning.verdict import UNLETTERED, Verdict
from fedswipe.topology import WEIGHT_DELTAS, Topic, dead_letters

VERDICTS = tuple(Verdict)
LETTERED = 0x80  # of a byte: its letter was found; below it the verdict's number, 0 where there is no record


class VerdictBook:
    """The verdicts of the deltas at offsets from `start` on; `end` grows with them."""

    def __init__(self, start: int) -> None:
        self.start = start
        self._bytes = bytearray()

    @property
    def end(self) -> int:
        """Return the offset behind the last verdict."""
        return self.start + len(self._bytes)

    def write(self, entries: Iterable[Entry], end: int) -> None:
        """Take a link's verdicts; it settles everything up to `end`."""
        self._bytes.extend(bytes(max(0, end - self.end)))
        for entry in entries:
            if self.start <= entry.offset < self.end:
                self._bytes[entry.offset - self.start] = 1 + VERDICTS.index(entry.verdict)

    def letter(self, letter: DeadLettered) -> Iterator[Finding]:
        """Take a dead letter; one of a record outside of the scope says nothing."""
        if not self.start <= letter.offset < self.end:
            return
        place = letter.offset - self.start
        number = self._bytes[place] & ~LETTERED
        verdict = VERDICTS[number - 1] if number else None
        if verdict is None or verdict in UNLETTERED or verdict != letter.reason:
            found = verdict or "no record"
            yield broken(
                "other_letter", f"a letter says {letter.reason} of delta {letter.offset}, which is {found}",
                topic=WEIGHT_DELTAS.name, offsets=_at(letter.partition, letter.offset),
            )  # fmt: skip
        self._bytes[place] |= LETTERED

    def missing(self, partition: int, known: int, pending: int) -> Iterator[Finding]:
        """Yield the refused records without a letter.

        Letters before that of offset `known` may have been deleted; from `pending` on they may not be written
        yet: whoever takes over the head writes them first.
        """
        codes = np.frombuffer(self._bytes, np.uint8)
        without = [0, *(1 + VERDICTS.index(verdict) for verdict in UNLETTERED)]
        refused = (codes < LETTERED) & ~np.isin(codes, without)
        for offset in (np.flatnonzero(refused) + self.start).tolist():
            text = f"delta {offset} was refused and has no dead letter"
            where = _at(partition, offset)
            if offset >= pending:
                yield note("pending_letter", text)
            elif offset < known:
                yield expired("untold_letter", text, topic=WEIGHT_DELTAS.name, offsets=where)
            else:
                yield broken("missing_letter", text, topic=WEIGHT_DELTAS.name, offsets=where)


def read_letters(evidence: Evidence, source: Topic[Event], partition: int) -> Iterator[DeadLettered]:
    """Yield the dead letters of a partition's records, without what closes them."""
    return (event for event in read_events(evidence, source, partition) if how_closed(event) is None)


def read_events(evidence: Evidence, source: Topic[Event], partition: int) -> Iterator[DeadLettered]:
    """Yield dead letters and what closes them; what is neither there is somebody else's."""
    topic = dead_letters(source)
    kept = evidence.kept(topic, partition)
    for record in evidence.read(topic, partition, kept.start, kept.end):
        try:
            letter = codec.decode(DeadLettered, record.value, evidence.schemas)
        except InvalidMessage:
            continue  # a record that names no position settles nothing, and what it should have is missed
        if letter.topic == source.name and letter.partition == partition:
            yield letter


def _at(partition: int, offset: int) -> OffsetRange:
    return OffsetRange(partition, offset, offset + 1)
