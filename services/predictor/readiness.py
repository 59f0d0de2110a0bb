"""Whether the predictor can answer, and what its operator should know."""

from collections.abc import Callable
from dataclasses import dataclass

from services.predictor.handlers import Predictor


@dataclass(frozen=True)
class Readiness:
    """Asks the parts; `store_state` is the circuit breaker's: closed, open or half-open."""

    predictor: Predictor
    caught_up: Callable[[], bool]
    store_state: Callable[[], str]

    def checks(self) -> dict[str, str]:
        """Say how each part is."""
        return {
            "chain": "caught up" if self.caught_up() else "reading global-models",
            "model": self._model(),
            "store": f"circuit {self.store_state()}",
        }

    def ready(self) -> bool:
        """Tell whether a request would be answered: with an old model too, and with the store away."""
        return self.predictor.identity is not None

    def _model(self) -> str:
        served, refusal = self.predictor.identity, self.predictor.last_refusal
        state = "none loaded" if served is None else f"version {served.version} loaded"
        if refusal is not None and (served is None or served.version < refusal.version):
            return f"{state}; version {refusal.version} refused: {refusal.reason}"
        return state
