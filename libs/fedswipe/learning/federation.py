"""A lineage in one process: what the aggregator does with deltas, without a log and a store.

The same windows, verdicts, sums and optimisers, so the same deltas in the same order give the same bytes.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from fedswipe.events import DeltaComputed, DeltaId, ObjectRef, Sha256, Version
from fedswipe.learning import optimizer
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.folding import Counted
from fedswipe.learning.noise import release
from fedswipe.learning.optimizer import Trained
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import Verdict
from fedswipe.learning.weights import to_bytes
from fedswipe.learning.window import History, Window
from fedswipe.topology import Lineage


@dataclass(frozen=True)
class Step:
    """One global model: its name in this process, and the deltas that went into it."""

    link: Sha256
    folded: frozenset[DeltaId]


@dataclass(eq=False)
class Federation:
    """Folds deltas into one global model after another, from ``trained`` on."""

    lineage: Lineage
    architecture: Architecture
    recipe: Recipe
    trained: Trained
    noise_key: bytes | None = None  # of private windows
    counting: Callable[[int], Counted] | None = None  # makes what a window's deltas are added to
    steps: list[Step] = field(default_factory=lambda: [Step(Sha256("0" * 64), frozenset())])

    def __post_init__(self) -> None:
        """Open the head's window."""
        self._window = self._open()
        self._offset = 0

    @property
    def head(self) -> BaseModel:
        """The newest global model, for clients to train from."""
        weights = self.architecture.split(self.trained.weights)
        return BaseModel(self.lineage, Version(len(self.steps)), self.steps[-1].link, weights)

    def fold(self, delta: DeltaComputed) -> Verdict:
        """Judge a delta and fold it if it counts; a window that is full becomes a global model at once."""
        verdict = self._window.add(self._offset, delta, _no_store)
        self._offset += 1
        if self._window.full:
            self.publish()
        return verdict

    def publish(self) -> None:
        """Make the open window a global model; one with nothing to settle publishes nothing."""
        if not self._window.entries:
            return
        sum_, _ = release(self._window.sum, self.recipe, self.steps[-1].link, self.noise_key)
        weights, state = optimizer.apply(
            self.trained.weights, self.trained.state, sum_, self.recipe, len(self.steps)
        )
        self.trained = Trained(weights, state)
        model = to_bytes(self.architecture.split(weights))
        parts = [self.steps[-1].link, hashlib.sha256(model).hexdigest()]
        link = Sha256(hashlib.sha256(orjson.dumps(parts)).hexdigest())
        self.steps.append(Step(link, self._window.manifest.folded))
        self._window = self._open()

    def _open(self) -> Window:
        version, bound = len(self.steps), self.recipe.staleness_bound
        recent = self.steps[max(0, version - bound - 1) :]
        bases = {step.link: age for age, step in enumerate(reversed(recent))}
        seen = frozenset[DeltaId]().union(*(step.folded for step in recent[-bound:] if bound))
        history = History(version, bases, frozenset(), seen)
        sizes = self.architecture.sizes
        counted = self.counting(sum(sizes)) if self.counting else None
        return Window(self.recipe, self.lineage.model_id, sizes, history, counted)


def _no_store(content: ObjectRef) -> Verdict:
    """There is no store here: every delta holds its payload."""
    return Verdict.MISSING_CONTENT
