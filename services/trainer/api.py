"""The trainer's two answers over HTTP: does it live, and can it train."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import FastAPI

from fedswipe.http.probes import add_probes
from fedswipe.topology import Lineage
from services.trainer.handlers import CollectSwipes
from services.trainer.heads import Heads


@dataclass(frozen=True)
class Readiness:
    """What /ready asks; `store` tells the state of the model store's circuit breaker."""

    collect: CollectSwipes
    heads: Heads
    lineages: Sequence[Lineage]
    store: Callable[[], str]

    def checks(self) -> dict[str, str]:
        """Return each check's name and what it found."""
        kafka = {"kafka": "assigned" if self.collect.is_assigned else "waiting for its partitions"}
        return kafka | {f"model {m}": found for m, found in self._models().items()} | {"store": self.store()}

    def ready(self) -> bool:
        """Tell whether swipes can be trained; with the store away the models that are here still serve."""
        loaded = all(self.heads.version(line.model_id) is not None for line in self.lineages)
        return loaded and self.collect.is_assigned

    def _models(self) -> dict[str, str]:
        versions = {line.model_id: self.heads.version(line.model_id) for line in self.lineages}
        return {m: f"version {v}" if v is not None else "waiting for its first" for m, v in versions.items()}


def create_app(readiness: Readiness) -> FastAPI:
    """Return the app with /health and /ready."""
    app = FastAPI(title="FedSwipe trainer")
    add_probes(app, lambda: (readiness.ready(), readiness.checks()), "Say whether swipes can be trained now.")
    return app
