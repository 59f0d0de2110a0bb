"""Proves a lineage's log link by link while a test goes on, with the audit's own recomputation."""

from collections.abc import Callable, Iterable

from fedswipe import codec
from fedswipe.audit.delta_record import DeltaRecord
from fedswipe.audit.evidence import ObjectReader
from fedswipe.audit.links import Fallen, take_link
from fedswipe.audit.recomputation import Clients, Recomputation
from fedswipe.chain import Chain, Link
from fedswipe.events import DeltaId
from fedswipe.kafka.record import Record
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.verdict import Verdict
from fedswipe.topology import GLOBAL_MODELS, Lineage


class Replay:
    """An accepted prefix of a lineage's log; every broken promise is an AssertionError.

    `read` returns the committed records at offsets [start, end), `clients` a prefix of the
    clients' topic. `settled` maps every settled offset to its verdict, `folded` every folded id to its
    link's version.
    """

    def __init__(
        self,
        lineage: Lineage,
        architecture: Architecture,
        store: ObjectReader,
        read: Callable[[int, int], Iterable[Record]],
        clients: Clients,
    ) -> None:
        self.chain = Chain(lineage.model_id, lineage.partition)
        self.settled: dict[int, Verdict] = {}
        self.folded: dict[DeltaId, int] = {}
        self._recomputation = Recomputation(self.chain, architecture, store, self.chain.event, clients)
        self._read = read

    def add(self, data: bytes, offset: int) -> Link | None:
        """Take the next record of the global models; prove it if it is a link."""
        schemas = codec.PackagedSchemas()
        record = Record(GLOBAL_MODELS.name, self.chain.partition, offset, None, data)
        step = take_link(self.chain, record, schemas)
        if isinstance(step, Fallen):
            return None
        if step.parent is None:
            proof = self._recomputation.take(step)
        else:
            records = self._read(step.parent.end, step.link.end)
            proof = self._recomputation.prove(step, (DeltaRecord.of(one, schemas) for one in records))
        check(not proof.findings, "; ".join(f"version {f.version}: {f.detail}" for f in proof.findings))
        folded = {e.delta_id for e in proof.entries if e.verdict is Verdict.FOLDED}
        check(not folded & self.folded.keys(), f"version {step.link.version}: counts a delta twice")
        self.folded |= dict.fromkeys(folded, step.link.version)
        self.settled |= {entry.offset: entry.verdict for entry in proof.entries}
        return step.link


def check(kept: bool, broken: str) -> None:
    """Raise an AssertionError that says what was broken, unless it was kept."""
    if not kept:
        raise AssertionError(broken)
