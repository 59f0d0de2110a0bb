"""Whether the predictor can answer, and what its operator should know."""

from collections.abc import Callable
from dataclasses import dataclass

from services.predictor.handlers import Predictor


@dataclass(frozen=True)
class Readiness:
    """Asks the parts; `store_state` is the circuit breaker's: closed, open or half-open.

    `predictions` says how many were written to the log of predictions, and how many were not.
    """

    predictor: Predictor
    caught_up: Callable[[], bool]
    store_state: Callable[[], str]
    predictions: Callable[[], str]

    def checks(self) -> dict[str, str]:
        """Say how each part is."""
        return {
            "chain": "caught up" if self.caught_up() else "reading global-models and servings",
            "model": self._model(),
            "store": f"circuit {self.store_state()}",
            "predictions": self.predictions(),
        }

    def ready(self) -> bool:
        """Tell whether a request would be answered: with an old model too, and with the store away."""
        return self.predictor.identity is not None

    def _model(self) -> str:
        refusal, loaded = self.predictor.last_refusal, self.predictor.loaded
        state = " and ".join(f"version {one.version}" for one in loaded) or "none"
        if refusal is not None and refusal.link_sha256 in self.predictor.missing:
            return f"{state} loaded; version {refusal.version} refused: {refusal.reason}"
        return f"{state} loaded"
