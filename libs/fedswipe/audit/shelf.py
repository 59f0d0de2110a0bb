"""The objects behind links, as they are stored; whether each is there and is what its link says."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from fedswipe.audit.evidence import ObjectReader
from fedswipe.errors import FedswipeError
from fedswipe.events import GlobalModelPublished, ObjectRef, Sha256
from fedswipe.learning import optimizer
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.optimizer import Trained
from fedswipe.learning.recipe import REPLAYED, Recipe
from fedswipe.modelstore.port import ContentMismatch, ObjectMissing

T = TypeVar("T")
AHEAD = 4  # links whose objects are fetched before it is their turn


@dataclass(frozen=True, slots=True)
class Stored:
    """An object: `data` is None when it is missing; `whole` tells whether it is what its name says."""

    ref: ObjectRef
    data: bytes | None
    whole: bool

    @property
    def verified(self) -> bytes | None:
        """Return the bytes if they are the right ones."""
        return self.data if self.whole else None

    @property
    def manifest(self) -> Manifest | None:
        """Return the manifest that it is, None when it is none."""
        try:
            return None if self.verified is None else Manifest.from_bytes(self.verified)
        except FedswipeError:
            return None


class Shelf:
    """Fetches objects. StoreUnavailable and StoreMisconfigured pass: then nothing can be said of them."""

    def __init__(self, store: ObjectReader, architecture: Architecture) -> None:
        self._store = store
        self._architecture = architecture
        self._recipes: dict[Sha256, Recipe] = {}
        self._coming: dict[int, Future[dict[str, Stored]]] = {}

    @property
    def recipes(self) -> tuple[Sha256, ...]:
        """Return the recipes that were met, in order."""
        return tuple(self._recipes)

    def look(self, ref: ObjectRef) -> Stored:
        """Fetch an object and verify it."""
        try:
            return Stored(ref, self._store.get(ref), whole=True)
        except ObjectMissing:
            return Stored(ref, None, whole=False)
        except ContentMismatch:
            return Stored(ref, self._store.unverified(ref), whole=False)

    @contextmanager
    def fetching(
        self, steps: Iterable[T], event: Callable[[T], GlobalModelPublished | None]
    ) -> Iterator[Iterator[T]]:
        """Pass steps on; the objects of the next few are fetched meanwhile, by threads."""
        coming: deque[T] = deque()
        with ThreadPoolExecutor(AHEAD, thread_name_prefix="audit-objects") as threads:

            def passing() -> Iterator[T]:
                for step in steps:
                    coming.append(step)
                    if (wanted := event(step)) is not None:
                        self._coming[wanted.version] = threads.submit(self._fetch, wanted)
                    if len(coming) > AHEAD:
                        yield coming.popleft()
                yield from coming

            yield passing()

    def objects(self, event: GlobalModelPublished) -> dict[str, Stored]:
        """Return a link's four objects, fetched now unless they are on their way."""
        coming = self._coming.pop(event.version, None)
        return coming.result() if coming else self._fetch(event)

    def _fetch(self, event: GlobalModelPublished) -> dict[str, Stored]:
        refs = {"model": event.model, "optimiser": event.optimizer}
        refs |= {"manifest": event.manifest, "recipe": event.recipe}
        return {what: self.look(ref) for what, ref in refs.items()}

    def trained(self, objects: Mapping[str, Stored]) -> Trained | None:
        """Return a link's model and optimiser state, None when they cannot be read."""
        model, state = objects["model"].verified, objects["optimiser"].verified
        if model is None or state is None:
            return None
        try:
            weights = optimizer.weights_from_bytes(model, self._architecture)
            return Trained(weights, optimizer.state_from_bytes(state))
        except FedswipeError:
            return None

    def recipe(self, event: GlobalModelPublished, stored: Stored) -> Recipe | None:
        """Return a link's recipe, None when it cannot be read.

        FedswipeError when it was made by another release, whose windows this one cannot recompute.
        """
        sha256 = event.recipe.sha256
        if sha256 not in self._recipes and stored.verified is not None:
            recipe = _read(stored.verified)
            if recipe is None:
                return None
            if recipe.code_version not in REPLAYED:
                known = ", ".join(map(str, REPLAYED))
                raise FedswipeError(
                    f"version {event.version}: its recipe has code_version {recipe.code_version}, this "
                    f"release recomputes {known}; audit it with the release that made it"
                )
            self._recipes[sha256] = recipe
        return self._recipes.get(sha256)


def _read(data: bytes) -> Recipe | None:
    try:
        return Recipe.from_bytes(data)
    except FedswipeError:
        return None
