"""Proves a chain: folds each link's range again, from the log and the recorded recipe, and compares bytes."""

import hashlib
from collections.abc import Callable, Iterable
from functools import partial

from fedswipe import codec
from fedswipe.chain import Chain, Link
from fedswipe.errors import InvalidMessage
from fedswipe.events import ClosedBy, DeltaComputed, DeltaId, GlobalModelPublished, ObjectRef
from fedswipe.kafka.record import Record
from fedswipe.learning import optimizer
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import Verdict
from fedswipe.learning.weights import to_bytes
from fedswipe.learning.window import History, Window
from fedswipe.modelstore.port import ModelStore
from fedswipe.testing.lineage_log import add_link
from fedswipe.topology import Lineage


class Replay:
    """An accepted prefix of a lineage's log, proved link by link; every broken promise is an AssertionError.

    `read` returns the committed records at offsets [start, end). `settled` maps every settled offset to its
    verdict, `folded` every folded id to its link's version.
    """

    def __init__(
        self,
        lineage: Lineage,
        architecture: Architecture,
        store: ModelStore,
        read: Callable[[int, int], Iterable[Record]],
    ) -> None:
        self.chain = Chain(lineage.model_id, lineage.partition)
        self.settled: dict[int, Verdict] = {}
        self.folded: dict[DeltaId, int] = {}
        self._architecture = architecture
        self._store = store
        self._read = read
        self._manifests: list[Manifest] = []

    def add(self, data: bytes, offset: int) -> Link | None:
        """Take the next record of the global models; prove it if it is a link."""
        head = self.chain.head
        link = add_link(self.chain, data, offset)
        if link is not None and head is not None:
            self._prove(head, self.chain.event(link.version))
        elif link is not None:
            self._manifests.append(Manifest(()))
        return link

    def _prove(self, head: Link, event: GlobalModelPublished) -> None:
        parent = self.chain.event(event.rollback_to or head.version)
        window = self._fold_again(head, event)
        state = optimizer.state_from_bytes(self._store.get(parent.optimizer))
        base = optimizer.weights_from_bytes(self._store.get(parent.model), self._architecture)
        weights, state = optimizer.apply(base, state, window.sum, window.recipe)
        manifest, name = Manifest.of(window.entries), f"version {event.version}"
        check(sha256(manifest.to_bytes()) == event.manifest.sha256, f"{name}: other verdicts")
        model = to_bytes(self._architecture.split(weights))
        check(sha256(model) == event.model.sha256, f"{name}: other weights")
        check(sha256(optimizer.state_to_bytes(state)) == event.optimizer.sha256, f"{name}: other state")
        counts = (len(manifest.folded), len(manifest.refused), window.examples)
        check((event.folded, event.refused, event.examples) == counts, f"{name}: other counts")
        check(not manifest.folded & self.folded.keys(), f"{name}: counts a delta twice")
        check(bool(window.entries) or event.closed_by is ClosedBy.ROLLBACK, f"{name}: settles nothing")
        self.folded |= dict.fromkeys(manifest.folded, event.version)
        self.settled |= {entry.offset: entry.verdict for entry in manifest.entries}
        self._manifests.append(manifest)

    def _fold_again(self, head: Link, event: GlobalModelPublished) -> Window:
        recipe = Recipe.from_bytes(self._store.get(event.recipe))
        late = self._manifests[max(0, head.version - recipe.staleness_bound) :]
        seen = frozenset[DeltaId]().union(*(manifest.folded for manifest in late))
        history = History.of(self.chain, head, seen, recipe.staleness_bound)
        window = Window(recipe, self.chain.model_id, self._architecture.size, history)
        witnessed = Manifest.from_bytes(self._store.get(event.manifest)).witnessed
        for record in self._read(head.end, event.ranges[0].end):
            try:
                delta = codec.decode(DeltaComputed, record.value, codec.PackagedSchemas())
            except InvalidMessage:
                window.add_unreadable(record.offset)
            else:
                window.add(record.offset, delta, partial(self._content, witnessed.get(record.offset)))
        return window

    def _content(self, witnessed: Verdict | None, ref: ObjectRef) -> bytes | Verdict:
        """The manifest is the evidence of what the store lacked then, also where it is there by now."""
        return witnessed or self._store.get(ref)


def sha256(data: bytes) -> str:
    """Return the hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def check(kept: bool, broken: str) -> None:
    """Raise an AssertionError that says what was broken, unless it was kept."""
    if not kept:
        raise AssertionError(broken)
