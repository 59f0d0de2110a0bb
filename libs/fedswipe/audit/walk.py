"""Walks a lineage once: every link is proved as it comes, from deltas that a thread reads ahead."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

from fedswipe.audit.ahead import ahead
from fedswipe.audit.archive import is_bare
from fedswipe.audit.clients import ClientsEvidence
from fedswipe.audit.delta_cursor import DeltaCursor
from fedswipe.audit.delta_record import DeltaRecord, fetching
from fedswipe.audit.evidence import Evidence, Kept, ObjectReader
from fedswipe.audit.finding import MOST, Finding, Kind
from fedswipe.audit.gone import GoneDeltas
from fedswipe.audit.letters import VerdictBook
from fedswipe.audit.links import Fallen, Step, event_of, read_links
from fedswipe.audit.recomputation import Proof, Recomputation
from fedswipe.audit.report import Report
from fedswipe.audit.scope import Progress, Scope
from fedswipe.audit.swipe_ledger import Claim, SwipeLedger
from fedswipe.chain import Chain
from fedswipe.events import GlobalModelPublished, OffsetRange
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.manifest import Entry
from fedswipe.learning.verdict import Verdict
from fedswipe.topology import WEIGHT_DELTAS, Lineage

FETCHERS = 4  # threads that fetch what large deltas keep in the store


class LineageWalk:
    """Fills the report, the book of verdicts and the ledger of swipes. `run` once."""

    def __init__(
        self,
        lineage: Lineage,
        architecture: Architecture,
        evidence: Evidence,
        store: ObjectReader,
        scope: Scope,
        ledger: SwipeLedger,
        progress: Progress,
    ) -> None:
        self.chain = Chain(lineage.model_id, lineage.partition)
        self.report = Report(self.chain, scope.first)
        self.gone = GoneDeltas(self.report.findings, lineage.partition)
        self.book = VerdictBook(0)
        self._evidence = evidence
        self._architecture = architecture
        self._store = store
        self._scope = scope
        self._ledger = ledger
        self._progress = progress
        events = partial(event_of, self.chain, evidence=evidence)
        self.clients = ClientsEvidence(evidence)
        self._recomputation = Recomputation(
            self.chain, architecture, store, events, self.clients.until, scope.noise_keys
        )
        self._kept = Kept(0, 0)
        self._cursor: DeltaCursor | None = None

    def run(self) -> None:
        """Read the chain to the end it has now; FedswipeError when the scope's versions are not there."""
        with ExitStack() as reading:
            links = read_links(self.chain, self._evidence)
            for step in reading.enter_context(self._recomputation.shelf.fetching(links, self._wanted)):
                if isinstance(step, Fallen):
                    self._fall(step)
                else:
                    self._take(step, reading)
            self._scope.check(self.report.head, self.chain.model_id)
            self.gone.close()
            if self._scope.last is None and (head := self.chain.head) is not None:
                cursor = self._cursor or self._open(head.end, reading)
                self._count_unsettled(cursor.take(head.end))
        self.report.recipes = self._recomputation.shelf.recipes

    def _wanted(self, step: Step | Fallen) -> GlobalModelPublished | None:
        if isinstance(step, Fallen):
            return None
        version = step.link.version
        return step.event if version == self._scope.first - 1 or self._scope.has(version) else None

    def _fall(self, fallen: Fallen) -> None:
        self.report.fallen_count += 1
        if len(self.report.fallen) < MOST:
            self.report.fallen.append(fallen)

    def _take(self, step: Step, reading: ExitStack) -> None:
        version, report = step.link.version, self.report
        report.head = version
        if version == self._scope.first - 1 or (version == 1 and self._scope.has(1)):
            proof = self._recomputation.take(step)
        elif self._scope.has(version):
            proof = self._settle(
                step, self._cursor or self._open(step.parent.end if step.parent else 0, reading)
            )
        else:
            return
        report.findings.extend(proof.findings)
        if self._scope.has(version):
            self._write_down(step, proof)

    def _open(self, start: int, reading: ExitStack) -> DeltaCursor:
        partition, schemas = self.chain.partition, self._evidence.schemas
        self.book = VerdictBook(start)
        self._kept = self._evidence.kept(WEIGHT_DELTAS, partition)
        records = self._evidence.read(WEIGHT_DELTAS, partition, start, self._kept.end)
        decoded = (DeltaRecord.of(record, schemas) for record in records)
        threads = reading.enter_context(ThreadPoolExecutor(FETCHERS, thread_name_prefix="audit-contents"))
        fetched = fetching(decoded, self._architecture.sizes, self._store.get, threads)
        self._cursor = DeltaCursor(reading.enter_context(ahead(fetched)))
        return self._cursor

    def _settle(self, step: Step, cursor: DeltaCursor) -> Proof:
        """Prove a link from the deltas that it settles, or take it as it is where they are not there."""
        start, end = step.parent.end if step.parent else 0, step.link.end
        claims, bare = list[Claim](), list[int]()
        records = _claiming(cursor.take(start, end), claims, bare)
        lacking = self._lacking(step) if start < end and self._kept.start > start else None
        gone = lacking is not None
        proof = self._recomputation.take(step) if gone else self._recomputation.prove(step, records)
        for _ in records:
            continue  # where no model can be made of them, they still name swipes
        left_out = [offset for offset in bare if offset < self._kept.live]  # no archive made the others so
        if lacking is not None:
            self.gone.add(step.link.version, start, end, lacking)
        elif left_out:
            proof = self._recomputation.take(step)
            self.report.findings.add(_forgotten(step, left_out))
        else:
            self.report.recomputed += 1
        self._progress("folding deltas", end, self._kept.end)
        self._count(claims, proof.entries, step.link.version)
        return proof

    def _lacking(self, step: Step) -> int | None:
        """Return the offset behind the last record that the link settles and nobody has any more, if any."""
        manifest = self._recomputation.shelf.look(step.event.manifest).manifest
        if manifest is None:
            return min(step.link.end, self._kept.start)
        return max((e.offset + 1 for e in manifest.entries if not self._kept.has(e.offset)), default=None)

    def _count(self, claims: Iterable[Claim], entries: Iterable[Entry], version: int) -> None:
        verdicts = {entry.offset: entry.verdict for entry in entries}
        for claim in claims:
            folded = verdicts.get(claim.offset) is Verdict.FOLDED
            if verdicts.get(claim.offset) is not Verdict.SEEN:
                self.report.findings.extend(self._ledger.count(claim, version, folded=folded))

    def _count_unsettled(self, records: Iterable[DeltaRecord]) -> None:
        """Count what no link has settled yet; whether it will be folded nobody knows."""
        claims: list[Claim] = []
        for _ in _claiming(records, claims, []):
            self.report.unsettled += 1
        for claim in claims:
            self.report.findings.extend(self._ledger.count(claim, None, folded=False))

    def _write_down(self, step: Step, proof: Proof) -> None:
        report, event = self.report, step.event
        report.last = event.version
        report.links += 1
        report.rollbacks += event.rollback_to is not None
        report.folded += event.folded
        report.refused += event.refused
        report.delta_bytes = self._cursor.bytes if self._cursor else 0
        self.book.write(proof.entries, step.link.end)


def _claiming(records: Iterable[DeltaRecord], claims: list[Claim], bare: list[int]) -> Iterator[DeltaRecord]:
    """Pass records on; keep what they say of swipes, and which of them have lost their numbers."""
    for record in records:
        if record.delta is not None:
            claims.append(Claim.of(record.offset, record.delta))
            if is_bare(record.delta):
                bare.append(record.offset)
        yield record


def _forgotten(step: Step, left_out: list[int]) -> Finding:
    partition = step.event.ranges[0].partition
    return Finding(
        Kind.FORGOTTEN,
        "deltas_forgotten",
        f"its archive has no numbers of {len(left_out)} deltas, whose clients asked to be forgotten",
        step.link.version,
        topic=WEIGHT_DELTAS.name,
        offsets=OffsetRange(partition, left_out[0], left_out[-1] + 1),
    )
