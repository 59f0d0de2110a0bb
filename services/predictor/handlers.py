"""What happens to one request and to one published model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fedswipe.chain import Link
from fedswipe.errors import FedswipeError
from fedswipe.events import GlobalModelPublished
from fedswipe.modelstore import ContentMismatch, ModelStore
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.search import Decoder
from fedswipe.telemetry import meter, tracer
from fedswipe.topology import Lineage
from services.predictor.served_model import Identity, ModelUnfit, ServedModel, Word, load_model, warm_up
from services.predictor.taps import nearest_letters

UNUSABLE = (ContentMismatch, ModelUnfit)  # trying again does not help: a newer model does


class ModelNotLoaded(FedswipeError):
    """The lineage has no model yet, or its first one could not be loaded."""


@dataclass(frozen=True, slots=True)
class Published:
    """A head of the chain: its link and the event that it is."""

    link: Link
    event: GlobalModelPublished


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a head was not served; `attempts` until then, `final` when no further one followed."""

    version: int
    link_sha256: str
    reason: str
    attempts: int
    final: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Prediction:
    """The words of each gesture, and the one model that all of them come from."""

    words: list[list[Word]]
    identity: Identity


class Predictor:
    """Answers with the current model. One thread reloads, any may predict.

    `now` stamps what an operator reads; nothing is decided by it.
    """

    def __init__(
        self, lineage: Lineage, decoder: Decoder, store: ModelStore, now: Callable[[], datetime]
    ) -> None:
        self.lineage = lineage
        self.last_refusal: Refusal | None = None
        self._decoder = decoder
        self._store = store
        self._now = now
        self._served: ServedModel | None = None
        self._tracer = tracer("fedswipe.predictor")
        self._predicted = meter("fedswipe.predictor").create_counter("fedswipe.predictor.swipes")
        self._refused = meter("fedswipe.predictor").create_counter("fedswipe.predictor.refusals")
        warm_up(decoder)

    @property
    def identity(self) -> Identity | None:
        """Which model is served, None before the first."""
        return None if self._served is None else self._served.identity

    def served(self) -> ServedModel:
        """Return the model that answers now. Raises ModelNotLoaded before the first."""
        if (served := self._served) is not None:
            return served
        why = "none is published yet" if self.last_refusal is None else self.last_refusal.reason
        raise ModelNotLoaded(
            f"{self.lineage.model_id}: no model is loaded ({why}); ask again, /ready tells when"
        )

    def predict(self, gestures: Sequence[Gesture], top_k: int) -> Prediction:
        """Return the top_k words of each gesture; a gesture of one point is a tap and yields letters.

        Raises ModelNotLoaded before the first model.
        """
        served = self.served()  # once: a reload may replace it at any moment
        with self._tracer.start_as_current_span("predict"):
            swiped = iter(served.words([one for one in gestures if len(one.points) > 1], top_k))
            words = [
                next(swiped) if len(one.points) > 1 else nearest_letters(self._decoder.layout, one, top_k)
                for one in gestures
            ]
        self._predicted.add(len(gestures))
        return Prediction(words, served.identity)

    def reload_model(self, published: Published) -> None:
        """Fetch, verify, build and warm up this model, then answer with it.

        Raises, with the old model still answering, what the store raises (StoreUnavailable, ObjectMissing,
        StoreMisconfigured, ContentMismatch) and ModelUnfit.
        """
        link, event = published.link, published.event
        with self._tracer.start_as_current_span("reload_model"):
            data = self._store.get(event.model)
            identity = Identity(event.model_id, event.version, event.model.sha256, link.sha256, self._now())
            self._served = load_model(identity, data, self._decoder)

    def refuse(self, published: Published, error: FedswipeError, attempts: int) -> Refusal:
        """Note why this head is not served, for whoever operates the service."""
        reason, final = f"{type(error).__name__}: {error}", isinstance(error, UNUSABLE)
        link = published.link
        self.last_refusal = Refusal(link.version, link.sha256, reason, attempts, final, self._now())
        self._refused.add(1)
        return self.last_refusal
