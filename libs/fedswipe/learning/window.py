"""One window: records in, a verdict each, and the exact sum of those that count. An audit can repeat it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from fedswipe.chain import Chain, Link
from fedswipe.errors import FedswipeError, InvalidMessage
from fedswipe.events import ClientId, ClosedBy, DeltaComputed, DeltaId, ObjectRef, Sha256
from fedswipe.forgotten_clients import NOBODY, Forgotten
from fedswipe.learning.aggregation import Sum
from fedswipe.learning.delta import names_content
from fedswipe.learning.fixed_point import LIMIT_BITS, squared_norm_limit
from fedswipe.learning.folding import Counted, Folding
from fedswipe.learning.manifest import Entry, Manifest
from fedswipe.learning.recipe import UNMIXED, Recipe
from fedswipe.learning.scaled import Sizes
from fedswipe.learning.verdict import Verdict

Fetch = Callable[[ObjectRef], bytes | Verdict]  # an object, or which of WITNESSED the store deserves
MOST_EXAMPLES = 2**31 - 1  # of one delta: what its schema's int holds; a link's sum of them fits its long


@dataclass(frozen=True)
class History:
    """What the parent chain says of deltas: the bases that count, with their staleness, and the ids of late.

    `bases` maps a link's SHA-256 to its age in versions, for the links of the head's own line within the
    staleness bound; `left_behind` holds the other links within the bound, that a rollback took out.
    """

    head: int
    bases: Mapping[Sha256, int]
    left_behind: Collection[Sha256]
    seen: Collection[DeltaId]

    @classmethod
    def of(cls, chain: Chain, head: Link, seen: Collection[DeltaId], bound: int) -> "History":
        """Gather it from a chain that holds `head`; the time is that of the bound, not of the chain."""
        oldest = max(1, head.version - bound)
        recent = {link.sha256: head.version - link.version for link in chain.links[oldest - 1 : head.version]}
        line: set[Sha256] = set()
        for link in chain.line(head):
            if link.version < oldest:
                break
            line.add(link.sha256)
        bases = {sha256: age for sha256, age in recent.items() if sha256 in line}
        return cls(head.version, bases, recent.keys() - line, seen)

    def refusal(self, delta: DeltaComputed, bound: int) -> Verdict | None:
        """Say why this delta may not count on this head, or None."""
        if self.head - delta.base_version > bound:
            return Verdict.STALE
        if delta.base_link in self.left_behind:
            return Verdict.ROLLED_BACK
        if self.bases.get(delta.base_link) != self.head - delta.base_version:
            return Verdict.UNKNOWN_BASE
        return Verdict.SEEN if delta.delta_id in self.seen else None


class Window:
    """The deltas that will be folded into one global model, whose tensors have these sizes.

    `counted` is what those that count are added to, by default the recipe's rule; no delta of a `forgotten`
    client counts. FedswipeError when the recipe's `max_value` is so large for this size that a squared norm
    could overflow.
    """

    def __init__(
        self,
        recipe: Recipe,
        model_id: str,
        sizes: Sizes,
        history: History,
        counted: Counted | None = None,
        forgotten: Forgotten = NOBODY,
    ) -> None:
        size = sum(sizes)
        if size * squared_norm_limit(recipe.max_value) >= 2**LIMIT_BITS:
            raise FedswipeError(f"recipe: max_value is {recipe.max_value:g}, too large for {size} parameters")
        self.recipe = recipe
        self.forgotten = forgotten
        self.entries: list[Entry] = []
        self.examples = 0
        self._model_id = model_id
        self._sizes = sizes
        self._folding = Folding(recipe, sizes, counted)
        self._history = history
        self._ids: set[DeltaId] = set()
        self._clients: set[ClientId] = set()
        self._met: set[ClientId] = set()  # also of deltas that were refused

    def add(self, offset: int, delta: DeltaComputed, fetch: Fetch) -> Verdict:
        """Judge the delta of one record and fold it if it counts.

        `fetch` is asked only for a delta that refers to its payload and that nothing else refuses.
        """
        if (delta.payload is None) == (delta.content is None) or not self.recipe.reads(delta.codec):
            return self.add_unreadable(offset)
        self._met.add(delta.client_id)
        verdict, weight = self._judge(delta, fetch)
        self.entries.append(Entry(offset, delta.delta_id, verdict, weight))
        return verdict

    def add_unreadable(self, offset: int) -> Verdict:
        """Settle a record that holds no delta, or one with two payloads or none."""
        self.entries.append(Entry(offset, DeltaId(""), Verdict.UNREADABLE, 0))
        return Verdict.UNREADABLE

    def forget(self, forgotten: Forgotten) -> bool:
        """Judge by a longer prefix of the clients' topic, unless a verdict so far would be another by it.

        Tell whether that went; if not, the window has to be folded again from its start.
        """
        if any(forgotten.has(client) and not self.forgotten.has(client) for client in self._met):
            return False
        self.forgotten = forgotten
        return True

    @property
    def manifest(self) -> Manifest:
        """What became of the records so far, and by which prefix of the clients' topic."""
        judged = self.entries and self.recipe.forgets
        return Manifest.of(self.entries, self.forgotten.end if judged else None)

    @property
    def sum(self) -> Sum:
        """The exact sum of what counts so far; adding more changes it."""
        return self._folding.sum

    @property
    def full(self) -> ClosedBy | None:
        """What closes the window now, apart from time."""
        if self._folding.count >= self.recipe.deltas:
            return ClosedBy.DELTAS
        return ClosedBy.RECORDS if len(self.entries) >= self.recipe.records else None

    def _judge(self, delta: DeltaComputed, fetch: Fetch) -> tuple[Verdict, int]:
        refusal = self._refusal(delta)
        if refusal is not None:
            return refusal, 0
        payload = delta.payload if delta.content is None else fetch(delta.content)
        if isinstance(payload, Verdict):
            return payload, 0
        try:
            refusal = self._folding.judge(payload or b"", delta.codec)
        except InvalidMessage:
            return Verdict.MISSHAPEN, 0
        if refusal is not None:
            return refusal, 0
        weight = self.recipe.weight(delta.examples, self._history.head - delta.base_version)
        self._folding.add(weight)
        self.examples += delta.examples
        self._ids.add(delta.delta_id)
        self._clients.add(delta.client_id)
        return Verdict.FOLDED, weight

    def _refusal(self, delta: DeltaComputed) -> Verdict | None:
        if self.recipe.forgets and self.forgotten.has(delta.client_id):
            return Verdict.FORGOTTEN
        if delta.model_id != self._model_id:
            return Verdict.OTHER_MODEL
        if delta.delta_id in self._ids:
            return Verdict.SEEN
        if not 0 < delta.examples <= MOST_EXAMPLES:
            return Verdict.NO_EXAMPLES
        refusal = self._history.refusal(delta, self.recipe.staleness_bound) or self._privacy_refusal(delta)
        if refusal is None and delta.content is not None and not names_content(delta, self._sizes):
            return Verdict.MISSHAPEN
        return refusal

    def _privacy_refusal(self, delta: DeltaComputed) -> Verdict | None:
        """Say why a private window may not take this delta: a client is to be in it once, and alone."""
        if not self.recipe.noise:
            return None
        if delta.client_id in self._clients:
            return Verdict.CLIENT_SEEN
        return None if delta.codec in UNMIXED else Verdict.MIXED_CLIENTS
