"""Recomputes a lineage's links, one after another, from the deltas that each settles (rules 1 and 3)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from fedswipe.audit.comparison import Made, compare, compare_closing, compare_counts
from fedswipe.audit.delta_record import DeltaRecord
from fedswipe.audit.evidence import ObjectReader
from fedswipe.audit.finding import Finding, broken
from fedswipe.audit.links import Step
from fedswipe.audit.noise import compare_privacy, with_noise
from fedswipe.audit.shelf import Shelf, Stored
from fedswipe.chain import Chain, Link
from fedswipe.errors import FedswipeError
from fedswipe.events import DeltaId, GlobalModelPublished, ObjectRef, OffsetRange
from fedswipe.forgotten_clients import Forgotten
from fedswipe.learning import optimizer
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.manifest import Entry, Manifest
from fedswipe.learning.optimizer import Trained
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import Verdict
from fedswipe.learning.window import History, Window
from fedswipe.modelstore.port import ContentMismatch, ObjectMissing
from fedswipe.topology import WEIGHT_DELTAS

Events = Callable[[int], GlobalModelPublished]
Clients = Callable[[int], Forgotten]  # what the clients' topic says before this offset, at most all it has


@dataclass(frozen=True)
class Proof:
    """What came of one link: the verdicts of its records, and whatever is not as it should be."""

    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]


class Recomputation:
    """Stands on one version and proves the next. It holds one model and the ids of the last few windows.

    `events` returns the event of any accepted version of the chain; one of `noise_keys` gives the seeds of
    private windows.
    """

    def __init__(
        self,
        chain: Chain,
        architecture: Architecture,
        store: ObjectReader,
        events: Events,
        clients: Clients,
        noise_keys: Sequence[bytes] = (),
    ) -> None:
        self.shelf = Shelf(store, architecture)
        self._chain = chain
        self._architecture = architecture
        self._store = store
        self._events = events
        self._clients = clients
        self._clients_end = 0  # of the link that stands; no later one may know less
        self._noise_keys = noise_keys
        self._standing: Trained | None = None
        self._folded: dict[int, frozenset[DeltaId]] = {}

    def take(self, step: Step) -> Proof:
        """Stand on a link's stored objects without recomputing them, once their hashes are checked.

        For version 1, whose model is given; for the version before the first that is to be proved; and for
        links whose deltas are gone.
        """
        event, objects = step.event, self.shelf.objects(step.event)
        made = Made(None, None, None)
        if event.version == 1:
            made = Made(None, optimizer.state_to_bytes({}), Manifest(()))
        findings = [*compare(event, objects, made)]
        manifest = objects["manifest"].manifest
        if manifest is not None:
            examples = event.examples if event.version > 1 else 0  # a manifest does not tell them
            findings += compare_counts(event, manifest.entries, examples)
        recipe = self.shelf.recipe(event, objects["recipe"])
        if recipe is not None and step.parent is not None:
            findings += compare_privacy(event, self._events(step.parent.version), recipe)
        self._stand_on(event.version, None, objects)
        self._remember(event.version, manifest or Manifest(()))
        return Proof(manifest.entries if manifest else (), tuple(findings))

    def prove(self, step: Step, records: Iterable[DeltaRecord]) -> Proof:
        """Judge and fold the link's records again, and compare all that follows from them."""
        event, head, objects = step.event, step.parent, self.shelf.objects(step.event)
        assert head is not None  # noqa: S101  (version 1 is taken, not proved)
        recipe, base = self.shelf.recipe(event, objects["recipe"]), self._base(event)
        findings: list[Finding] = []
        if recipe is None or base is None:
            what = "recipe" if recipe is None else "parent's model"
            detail = f"cannot be recomputed: its {what} cannot be read"
            findings += compare(event, objects, Made(None, None, None))
            findings.append(broken("no_base", detail, event.version))
            self._stand_on(event.version, None, objects)
            manifest = objects["manifest"].manifest or Manifest(())
            return Proof(manifest.entries, tuple(findings))
        stored = objects["manifest"].manifest
        window = self._fold(head, recipe, event, records, stored or Manifest(()), findings)
        manifest = window.manifest
        sum_, noise = with_noise(event, recipe, window.sum, self._noise_keys)
        findings += [noise] if noise else []
        trained = None
        if sum_ is not None:
            trained = Trained(*optimizer.apply(base.weights, base.state, sum_, recipe, head.version))
        made = Made.of(trained, manifest, self._architecture)
        findings += compare(event, objects, made)
        findings += compare_counts(event, manifest.entries, window.examples)
        findings += compare_privacy(event, self._events(head.version), recipe)
        findings += compare_closing(event, window)
        self._stand_on(event.version, trained if made.fits(event) else None, objects)
        self._remember(event.version, stored or manifest)
        return Proof(manifest.entries, tuple(findings))

    def _base(self, event: GlobalModelPublished) -> Trained | None:
        """Return what the link steps from: its parent, or the older version that a rollback takes back."""
        if event.rollback_to is None:
            return self._standing
        return self.shelf.trained(self.shelf.objects(self._events(event.rollback_to)))

    def _fold(
        self,
        head: Link,
        recipe: Recipe,
        event: GlobalModelPublished,
        records: Iterable[DeltaRecord],
        stored: Manifest,
        findings: list[Finding],
    ) -> Window:
        """Judge and fold; of what the store lacked then, the stored manifest is the evidence (ADR 0020)."""
        bound = recipe.staleness_bound
        history = History.of(self._chain, head, self._seen(head, bound), bound)
        forgotten = self._forgotten(stored)
        window = Window(recipe, self._chain.model_id, self._architecture.sizes, history, forgotten=forgotten)
        witnessed = stored.witnessed
        for record in records:
            if window.full:
                findings.append(broken("window_was_full", f"it goes on at {record.offset}", event.version))
            self._add(window, record, witnessed, event.version, findings)
        return window

    def _add(
        self,
        window: Window,
        record: DeltaRecord,
        witnessed: Mapping[int, Verdict],
        version: int,
        findings: list[Finding],
    ) -> None:
        if record.delta is None:
            window.add_unreadable(record.offset)
            return
        try:
            window.add(record.offset, record.delta, partial(self._content, record, witnessed))
        except (ObjectMissing, ContentMismatch) as error:
            at = OffsetRange(self._chain.partition, record.offset, record.offset + 1)
            findings.append(
                broken("delta_content", str(error), version, topic=WEIGHT_DELTAS.name, offsets=at)
            )

    def _content(
        self, record: DeltaRecord, witnessed: Mapping[int, Verdict], ref: ObjectRef
    ) -> bytes | Verdict:
        if record.offset in witnessed:
            return witnessed[record.offset]
        return record.content.result() if record.content else self._store.get(ref)

    def _seen(self, head: Link, bound: int) -> frozenset[DeltaId]:
        late = range(max(1, head.version - bound + 1), head.version + 1)
        self._folded = {version: self._ids(version) for version in late}
        return frozenset[DeltaId]().union(*self._folded.values())

    def _ids(self, version: int) -> frozenset[DeltaId]:
        if version in self._folded:
            return self._folded[version]
        stored = self.shelf.look(self._events(version).manifest).manifest
        if stored is None:
            raise FedswipeError(
                f"version {version}: its manifest cannot be read, and later versions are judged by it; "
                "put a copy back, or start at an older version"
            )
        return stored.folded

    def _remember(self, version: int, manifest: Manifest) -> None:
        self._folded[version] = manifest.folded
        self._clients_end = self._forgotten(manifest).end

    def _forgotten(self, stored: Manifest) -> Forgotten:
        """Return whom a window had to leave out: by what it says it knew, and what an earlier one knew."""
        return self._clients(max(stored.clients_end or 0, self._clients_end))

    def _stand_on(self, version: int, made: Trained | None, objects: dict[str, Stored]) -> None:
        """Go on from what was recomputed if it is the link's, else from what the link's readers had."""
        self._standing = made or self.shelf.trained(objects)
