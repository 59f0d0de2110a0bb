"""The objects behind a lineage's links: model, optimiser state, manifest, recipe; content first (rule 4)."""

from collections.abc import Callable
from dataclasses import replace

from fedswipe.chain import Chain, Link
from fedswipe.events import ClosedBy, DeltaId, GlobalModelPublished, OffsetRange, Sha256, Version
from fedswipe.learning import optimizer
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.noise import release
from fedswipe.learning.optimizer import Trained
from fedswipe.learning.privacy import spent
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.scaled import Sizes
from fedswipe.learning.server_optimizers import State
from fedswipe.learning.weights import to_bytes
from fedswipe.learning.window import Window
from fedswipe.modelstore.port import ModelStore
from fedswipe.topology import Lineage


class Objects:
    """Reads and writes a lineage's objects; remembers the manifests of the last few links."""

    def __init__(
        self,
        store: ModelStore,
        lineage: Lineage,
        architecture: Architecture,
        recipe: Recipe,
        first_model: Callable[[], bytes],
        noise_key: bytes | None = None,
    ) -> None:
        self._store = store
        self._lineage = lineage
        self._architecture = architecture
        self._recipe = recipe
        self._first_model = first_model
        self._noise_key = noise_key
        self._manifests: dict[Sha256, Manifest] = {}

    @property
    def sizes(self) -> Sizes:
        """How many numbers each tensor of the lineage's models has."""
        return self._architecture.sizes

    def factory(self) -> GlobalModelPublished:
        """Store the factory model and return the lineage's first event."""
        start = OffsetRange(self._lineage.partition, 0, 0)
        return self._event(1, "", start, self._first_model(), {}, Manifest(()), 0, ClosedBy.FACTORY)

    def build(
        self,
        head: Link,
        parent: GlobalModelPublished,
        trained: Trained,
        window: Window,
        end: int,
        closed_by: ClosedBy,
    ) -> tuple[GlobalModelPublished, Trained]:
        """Fold a window into the head's model, store the result, and return the link that names it.

        `parent` is the head's event.
        """
        sum_, noise = release(window.sum, window.recipe, head.sha256, self._noise_key)
        weights, state = optimizer.apply(trained.weights, trained.state, sum_, window.recipe, head.version)
        model = to_bytes(self._architecture.split(weights))
        settled = OffsetRange(self._lineage.partition, head.end, end)
        manifest = window.manifest
        event = self._event(
            head.version + 1, head.sha256, settled, model, state, manifest, window.examples, closed_by
        )
        privacy = spent(parent, window.recipe, event.folded)
        return replace(event, noise=noise, privacy=privacy), Trained(weights, state)

    def load(self, event: GlobalModelPublished) -> Trained:
        """Fetch and verify a version's weights and optimiser state."""
        weights = optimizer.weights_from_bytes(self._store.get(event.model), self._architecture)
        state = optimizer.state_from_bytes(self._store.get(event.optimizer))
        return Trained(weights, state)

    def manifest(self, chain: Chain, link: Link) -> Manifest:
        """Return one of the newest links' manifests."""
        if link.sha256 not in self._manifests:
            ref = chain.event(link.version).manifest
            self._manifests[link.sha256] = Manifest.from_bytes(self._store.get(ref))
        return self._manifests[link.sha256]

    def recent_ids(self, chain: Chain, head: Link, bound: int) -> frozenset[DeltaId]:
        """Return the ids folded within the last `bound` links up to `head`, and forget older manifests."""
        links = chain.links[max(0, head.version - bound) : head.version]
        manifests = {link.sha256: self.manifest(chain, link) for link in links}
        self._manifests = manifests
        return frozenset().union(*(m.folded for m in manifests.values()))

    def _event(
        self,
        version: int,
        parent: str,
        settled: OffsetRange,
        model: bytes,
        state: State,
        manifest: Manifest,
        examples: int,
        closed_by: ClosedBy,
    ) -> GlobalModelPublished:
        name = self._lineage.model_id
        return GlobalModelPublished(
            model_id=name,
            version=Version(version),
            parent=parent,
            ranges=(settled,),
            model=self._store.put(f"{name}/models", model),
            optimizer=self._store.put(f"{name}/optimisers", optimizer.state_to_bytes(state)),
            manifest=self._store.put(f"{name}/manifests", manifest.to_bytes()),
            recipe=self._store.put(f"{name}/recipes", self._recipe.to_bytes()),
            folded=len(manifest.folded),
            refused=len(manifest.refused),
            examples=examples,
            closed_by=closed_by,
            rollback_to=None,
        )
