"""Evidence with archives in front: what a topic no longer has is taken from there."""

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from fedswipe.audit.archive import Archive, Chunk, get_references
from fedswipe.audit.evidence import Evidence, Kept, ObjectReader
from fedswipe.audit.record_file import StampedRecord, read_records
from fedswipe.audit.swipe_classes import SwipeClasses
from fedswipe.codec import SchemaSource
from fedswipe.events import Event
from fedswipe.kafka.record import Record
from fedswipe.topology import SWIPES, Topic

Place = tuple[str, int]


class ArchivedEvidence:
    """Implements `Evidence` over another one."""

    def __init__(self, evidence: Evidence, store: ObjectReader, archives: Iterable[Archive]) -> None:
        self._evidence = evidence
        self._store = store
        self._chunks: dict[Place, list[Chunk]] = defaultdict(list)
        self._swipes: dict[int, list[Chunk]] = defaultdict(list)
        self._used: dict[Place, Kept] = {}
        for archive in archives:
            for chunk in archive.chunks:
                self._chunks[chunk.topic, chunk.partition].append(chunk)
            for chunk in archive.swipes:
                self._swipes[chunk.partition].append(chunk)

    @property
    def from_archive(self) -> tuple[str, ...]:
        """Return the ranges that were read from archives so far."""
        return tuple(f"{t}[{p}] [{kept.start}, {kept.end})" for (t, p), kept in sorted(self._used.items()))

    @property
    def schemas(self) -> SchemaSource:
        """Return the inner evidence's."""
        return self._evidence.schemas

    def kept(self, topic: Topic[Event], partition: int) -> Kept:
        """Return what there is without a hole, archives and topic together."""
        kept = self._evidence.kept(topic, partition)
        chunks = self._chunks[topic.name, partition]
        start = _reach(chunks, kept.start)
        stretches = tuple((max(0, c.start), min(c.end, start)) for c in chunks if c.start < start)
        return Kept(start, kept.end, tuple(sorted(stretches)), live=kept.start)

    def read(self, topic: Topic[Event], partition: int, start: int, end: int) -> Iterator[Record]:
        """Yield archived records up to where the topic begins, then the topic's."""
        first = self._evidence.kept(topic, partition).start
        if start < first:
            yield from (one.record for one in self._archived(topic, partition, start, min(end, first)))
        yield from self._evidence.read(topic, partition, max(start, first), end)

    def read_stamped(
        self, topic: Topic[Event], partition: int, start: int, end: int
    ) -> Iterator[StampedRecord]:
        """Yield the same with the broker's time stamps."""
        first = self._evidence.kept(topic, partition).start
        if start < first:
            yield from self._archived(topic, partition, start, min(end, first))
        yield from self._evidence.read_stamped(topic, partition, max(start, first), end)

    def swipe_references(self, partition: int) -> Sequence[SwipeClasses]:
        """Return the archived references that reach to where the topic begins, if any of it is gone."""
        first = self._evidence.kept(SWIPES, partition).start
        chunks = self._swipes[partition]
        start = _reach(chunks, first)
        if start == first:
            return ()
        self._note((SWIPES.name, partition), start, first)
        return [get_references(self._store, chunk) for chunk in _path(chunks, start, first)]

    def settled_swipes(self) -> Mapping[int, int]:
        """Return the inner evidence's."""
        return self._evidence.settled_swipes()

    def _archived(self, topic: Topic[Event], partition: int, start: int, end: int) -> Iterator[StampedRecord]:
        at, place = start, (topic.name, partition)
        for chunk in _path(self._chunks[place], start, end):
            self._note(place, max(at, chunk.start), min(chunk.end, end))
            for stamped in read_records(io.BytesIO(self._store.get(chunk.ref)), chunk.ref.key):
                if at <= stamped.record.offset < end:
                    yield stamped
            at = chunk.end

    def _note(self, place: Place, start: int, end: int) -> None:
        before = self._used.get(place, Kept(start, end))
        self._used[place] = Kept(min(before.start, start), max(before.end, end))


def _reach(chunks: Iterable[Chunk], end: int) -> int:
    """Return how far back chunks reach from `end` without a hole."""
    for chunk in sorted(chunks, key=lambda chunk: chunk.end, reverse=True):
        if chunk.end >= end > chunk.start:
            end = chunk.start
    return end


def _path(chunks: Sequence[Chunk], start: int, end: int) -> Iterator[Chunk]:
    """Yield chunks that together hold [start, end), each beginning where the one before ended or earlier."""
    at = start
    while at < end:
        able = [chunk for chunk in chunks if chunk.start <= at < chunk.end]
        if not able:
            later = [chunk.start for chunk in chunks if chunk.start > at]
            at = min(later, default=end)
            continue
        best = max(able, key=lambda chunk: chunk.end)
        yield best
        at = best.end
