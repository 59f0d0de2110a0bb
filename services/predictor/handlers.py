"""What happens to one request and to one published model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fedswipe.chain import Link
from fedswipe.errors import FedswipeError
from fedswipe.events import GlobalModelPublished, LinkRef, Sha256
from fedswipe.modelstore import ContentMismatch, ModelStore
from fedswipe.swipe.context import Before
from fedswipe.swipe.displays import load_displays
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.search import Decoder
from fedswipe.telemetry import meter, tracer
from fedswipe.topology import Lineage
from services.predictor.served_model import Identity, ModelUnfit, ServedModel, Word, load_model, warm_up
from services.predictor.serving import Serving, Trial, Wanted
from services.predictor.taps import nearest_letters

UNUSABLE = (ContentMismatch, ModelUnfit)  # trying again does not help: a newer model does


class ModelNotLoaded(FedswipeError):
    """The lineage has no model yet, or its first one could not be loaded."""


@dataclass(frozen=True, slots=True)
class Published:
    """A version of the chain: its link and the event that it is."""

    link: Link
    event: GlobalModelPublished

    @property
    def ref(self) -> LinkRef:
        """Return what names it."""
        return self.link.ref


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a version is not served; `attempts` until then, `final` when no further one followed."""

    version: int
    link_sha256: str
    reason: str
    attempts: int
    final: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Prediction:
    """The words of each gesture, and the model that they come from."""

    words: list[list[Word]]
    identities: list[Identity]

    @property
    def identity(self) -> Identity:
        """The first gesture's model: everybody's, unless a canary is on."""
        return self.identities[0]


class Predictor:
    """Answers with the models that are loaded. One thread reloads and arranges, any may predict.

    `instance` is this process's name: a canary by predictor goes by it. `now` stamps what an operator reads;
    nothing is decided by it.
    """

    def __init__(
        self,
        lineage: Lineage,
        decoder: Decoder,
        store: ModelStore,
        now: Callable[[], datetime],
        instance: str = "",
    ) -> None:
        self.lineage = lineage
        self.displays = load_displays(lineage.lexicon)
        self.last_refusal: Refusal | None = None
        self.wanted: Wanted | None = None
        self._decoder = decoder
        self._store = store
        self._now = now
        self.instance = instance
        self._loaded: dict[Sha256, ServedModel] = {}
        self._serving: Serving | None = None
        self._tracer = tracer("fedswipe.predictor")
        self._predicted = meter("fedswipe.predictor").create_counter("fedswipe.predictor.swipes")
        self._refused = meter("fedswipe.predictor").create_counter("fedswipe.predictor.refusals")
        warm_up(decoder)

    @property
    def identity(self) -> Identity | None:
        """Which model is stable, None before the first."""
        return None if self._serving is None else self._serving.stable.identity

    @property
    def loaded(self) -> list[Identity]:
        """Which models answer: the stable one, and a canary's."""
        serving = self._serving
        if serving is None:
            return []
        return [serving.stable.identity, *([serving.trial.model.identity] if serving.trial else [])]

    @property
    def missing(self) -> set[Sha256]:
        """The links whose models are wanted and do not answer."""
        wanted = self.wanted
        return (wanted.hashes if wanted else set()) - {one.link_sha256 for one in self.loaded}

    def serving(self) -> Serving:
        """Return what answers now. Raises ModelNotLoaded before the first model."""
        if (serving := self._serving) is not None:
            return serving
        why = "none is published yet" if self.last_refusal is None else self.last_refusal.reason
        raise ModelNotLoaded(
            f"{self.lineage.model_id}: no model is loaded ({why}); ask again, /ready tells when"
        )

    def predict(
        self,
        gestures: Sequence[Gesture],
        top_k: int,
        client_ids: Sequence[str | None] | None = None,
        before: Before = None,
    ) -> Prediction:
        """Return the top_k words of each gesture; a gesture of one point is a tap and yields letters.

        `client_ids` say whose they are: a canary may go by it. `before` says which word stands before each.
        Raises ModelNotLoaded before the first model.
        """
        serving = self.serving()  # once: a reload may replace it at any moment
        models = [serving.model_for(one, self.instance) for one in client_ids or [None] * len(gestures)]
        with self._tracer.start_as_current_span("predict"):
            words = [
                [] if len(one.points) > 1 else nearest_letters(self._decoder.layout, one, top_k)
                for one in gestures
            ]
            for model in dict.fromkeys(models):
                places = [n for n, one in enumerate(gestures) if models[n] is model and len(one.points) > 1]
                context = None if before is None else [before[n] for n in places]
                found = model.words([gestures[n] for n in places], top_k, context)
                for n, best in zip(places, found, strict=True):
                    words[n] = best
        self._predicted.add(len(gestures))
        return Prediction(words, [model.identity for model in models])

    def reload_model(self, published: Published, wanted: Wanted | None = None) -> None:
        """Fetch, verify, build and warm up this model, then arrange what is wanted (None: only this one).

        Raises, with the old models still answering, what the store raises (StoreUnavailable, ObjectMissing,
        StoreMisconfigured, ContentMismatch) and ModelUnfit.
        """
        link, event = published.link, published.event
        with self._tracer.start_as_current_span("reload_model"):
            data = self._store.get(event.model)
            identity = Identity(event.model_id, event.version, event.model.sha256, link.sha256, self._now())
            self._loaded[link.sha256] = load_model(identity, data, self._decoder)
        self.arrange(wanted or Wanted(published.ref))

    def arrange(self, wanted: Wanted) -> list[LinkRef]:
        """Answer with what is loaded of what is wanted, from the next request on; return what is missing.

        While the stable model is missing the old one stays; without a canary's all get the stable one.
        """
        self.wanted = wanted
        old = self._serving.stable if self._serving else None
        stable = self._loaded.get(wanted.stable.sha256, old)
        tried = self._loaded.get(wanted.canary.link.sha256) if wanted.canary else None
        if stable is not None:
            trial = Trial(wanted.canary, tried) if wanted.canary and tried else None
            self._serving = Serving(stable, trial)
        hashes = wanted.hashes
        self._loaded = {sha256: model for sha256, model in self._loaded.items() if sha256 in hashes}
        return [link for link in wanted.links if link.sha256 not in self._loaded]

    def refuse(self, link: LinkRef, error: FedswipeError, attempts: int) -> Refusal:
        """Note why this version is not served, for whoever operates the service."""
        reason, final = f"{type(error).__name__}: {error}", isinstance(error, UNUSABLE)
        self.last_refusal = Refusal(link.version, link.sha256, reason, attempts, final, self._now())
        self._refused.add(1)
        return self.last_refusal
