"""Archives the evidence of a range of versions, and tells how long its topic would still have had it."""

from collections.abc import Iterator
from dataclasses import dataclass

from fedswipe.audit.archive import (
    Archive,
    ArchiveStore,
    Chunk,
    archives,
    put_chunks,
    put_references,
    stripped,
    without_forgotten,
)
from fedswipe.audit.clients import ClientsEvidence
from fedswipe.audit.delta_record import DeltaRecord
from fedswipe.audit.evidence import Evidence
from fedswipe.audit.links import Fallen, read_links
from fedswipe.audit.record_file import StampedRecord
from fedswipe.audit.scope import Progress, Scope, quiet
from fedswipe.audit.swipe_classes import classify
from fedswipe.audit.swipe_letters import read_swipe_letters
from fedswipe.chain import Chain, Link
from fedswipe.errors import FedswipeError
from fedswipe.events import Event, OffsetRange
from fedswipe.topology import GLOBAL_MODELS, SWIPES, WEIGHT_DELTAS, Lineage, Topic, dead_letters


@dataclass(frozen=True)
class Aging:
    """A version's deltas [start, end), and the broker's time stamp of the oldest, in ms since 1970."""

    version: int
    start: int
    end: int
    oldest: int | None

    def left(self, retention_ms: int | None, now_ms: int) -> float | None:
        """Return for how many seconds the topic keeps them at least; None: for ever, or there are none.

        Kafka deletes whole segments, so they may stay longer; below 0 they are only waiting for that.
        """
        if retention_ms is None or self.oldest is None:
            return None
        return (self.oldest + retention_ms - now_ms) / 1000


class Archiving:
    """`run` once; `ages` then has the versions' ages, `archive` what was stored.

    With `store` None nothing is stored, and only the ages are told.
    """

    def __init__(
        self,
        lineage: Lineage,
        evidence: Evidence,
        store: ArchiveStore | None,
        scope: Scope,
        progress: Progress = quiet,
    ) -> None:
        self.ages: list[Aging] = []
        self.archive: Archive | None = None
        self._lineage = lineage
        self._evidence = evidence
        self._store = store
        self._scope = scope
        self._progress = progress
        self._spans: dict[int, OffsetRange] = {}
        self._settled = evidence.settled_swipes()  # before the deltas: those of these swipes came with it
        self._forgotten = ClientsEvidence(evidence).now()

    def run(self) -> None:
        """Read the deltas, store them if there is a store. FedswipeError where they are gone already."""
        before, links = self._links()
        start, end = before.end if before else 0, links[-1].end
        kept = self._evidence.kept(WEIGHT_DELTAS, self._lineage.partition)
        if not kept.is_whole(start, end):
            kept_from = next((link.version + 1 for link in links if link.end >= kept.start), None)
            remedy = f"; --from {kept_from} is the first whole one" if kept_from else ""
            raise FedswipeError(
                f"--from {self._scope.first}: its deltas [{start}, {kept.start}) are gone{remedy}"
            )
        deltas = self._aged(start, end, links)
        if self._store is None:
            for _ in deltas:
                continue
            return
        kept_ones = (without_forgotten(one, self._forgotten, self._evidence.schemas) for one in deltas)
        chunks = [*self._put(self._store, WEIGHT_DELTAS, self._lineage.partition, start, end, kept_ones)]
        chunks += self._put_links(self._store, before, links[-1])
        chunks += self._put_letters(self._store)
        swipes = tuple(self._put_swipes(self._store))
        first, last = links[0].version, links[-1].version
        self.archive = Archive(self._lineage.model_id, first, last, tuple(chunks), swipes)
        self._store.put(f"{self._lineage.model_id}/archives", self.archive.to_bytes())

    def _links(self) -> tuple[Link | None, list[Link]]:
        chain = Chain(self._lineage.model_id, self._lineage.partition)
        for step in read_links(chain, self._evidence):
            if isinstance(step, Fallen):
                continue  # it is in the topic, which is kept for ever; `verify` lists it
        self._scope.check(len(chain.links), self._lineage.model_id)
        links = chain.links[self._scope.first - 1 : self._scope.last]
        return chain.link(self._scope.first - 1), links

    def _aged(self, start: int, end: int, links: list[Link]) -> Iterator[StampedRecord]:
        """Pass the deltas on; note how old each version's are, and which swipes they are of."""
        at, left, oldest = start, iter(links), None
        link = next(left)
        partition = self._lineage.partition
        for stamped in self._evidence.read_stamped(WEIGHT_DELTAS, partition, start, end):
            while stamped.record.offset >= link.end:
                self.ages.append(Aging(link.version, at, link.end, oldest))
                at, oldest, link = link.end, None, next(left)
            oldest = stamped.timestamp if oldest is None else min(oldest, stamped.timestamp)
            self._widen(DeltaRecord.of(stamped.record, self._evidence.schemas))
            self._progress("reading deltas", stamped.record.offset + 1, end)
            yield stamped
        for link_ in (link, *left):
            self.ages.append(Aging(link_.version, at, link_.end, oldest))
            at, oldest = link_.end, None

    def _widen(self, record: DeltaRecord) -> None:
        if record.delta is not None and record.delta.swipe_offsets:
            span = record.delta.swipes
            known = self._spans.get(span.partition, span)
            start, end = min(known.start, span.start), max(known.end, span.end)
            self._spans[span.partition] = OffsetRange(span.partition, start, end)

    def _put(
        self, store: ArchiveStore, topic: Topic[Event], partition: int, start: int, end: int,
        records: Iterator[StampedRecord],
    ) -> Iterator[Chunk]:  # fmt: skip
        return put_chunks(store, self._lineage.model_id, (topic.name, partition), start, end, records)

    def _put_links(self, store: ArchiveStore, before: Link | None, last: Link) -> Iterator[Chunk]:
        start, end, partition = before.offset + 1 if before else 0, last.offset + 1, self._lineage.partition
        records = self._evidence.read_stamped(GLOBAL_MODELS, partition, start, end)
        return self._put(store, GLOBAL_MODELS, partition, start, end, records)

    def _put_letters(self, store: ArchiveStore) -> Iterator[Chunk]:
        places = [(dead_letters(WEIGHT_DELTAS), self._lineage.partition)]
        places += [(dead_letters(SWIPES), partition) for partition in range(SWIPES.partitions)]
        for topic, partition in places:
            kept = self._evidence.kept(topic, partition)
            records = self._evidence.read_stamped(topic, partition, kept.start, kept.end)
            bare = (stripped(one, self._evidence.schemas) for one in records)
            yield from self._put(store, topic, partition, kept.start, kept.end, bare)

    def _put_swipes(self, store: ArchiveStore) -> Iterator[Chunk]:
        evidence, model_id, span = self._evidence, self._lineage.model_id, self._scope.repeat_span
        for partition in range(SWIPES.partitions):
            for known in evidence.swipe_references(partition):  # of what only an earlier archive has
                yield put_references(store, model_id, SWIPES.name, known)
            start, end = self._swipes(store, partition)
            letters = read_swipe_letters(evidence, partition, end)
            hindsight = letters.hindsight(evidence, partition, span, start)
            records = evidence.read(SWIPES, partition, start, end)
            place = (partition, start, end)
            for found in classify(records, evidence.schemas, model_id, *place, hindsight, self._forgotten):
                yield put_references(store, model_id, SWIPES.name, found)

    def _swipes(self, store: ArchiveStore, partition: int) -> tuple[int, int]:
        """Return the swipes to archive: those of the deltas, and what lies before them and in no archive."""
        kept, wanted = self._evidence.kept(SWIPES, partition), self._spans.get(partition)
        settled = min(kept.end, self._settled.get(partition, 0))
        end = settled if self._scope.last is None else wanted.end if wanted else kept.start
        known = archives(store, self._lineage.model_id)
        ends = [c.end for one in known for c in one.swipes if c.partition == partition and c.end <= end]
        start = wanted.start if wanted else end
        if self._scope.first == 1:
            start = kept.start
        elif ends:
            start = min(start, max(ends))
        return max(start, kept.start), max(start, kept.start, end)
