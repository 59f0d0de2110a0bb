"""Which models answer whom: the stable one, and a canary's for those whom it takes."""

from dataclasses import dataclass

from fedswipe.events import LinkRef, Sha256
from fedswipe.serving.state import Canary
from services.predictor.served_model import ServedModel


@dataclass(frozen=True, slots=True)
class Wanted:
    """What chain and servings ask for together; `pinned` says that stable does not follow the head."""

    stable: LinkRef
    canary: Canary | None = None
    pinned: bool = False

    @property
    def links(self) -> list[LinkRef]:
        """The links whose models are wanted, the stable one first."""
        return [self.stable, *([self.canary.link] if self.canary else [])]

    @property
    def hashes(self) -> set[Sha256]:
        """The hashes of `links`."""
        return {link.sha256 for link in self.links}


@dataclass(frozen=True, eq=False, slots=True)
class Trial:
    """A canary whose model is loaded."""

    canary: Canary
    model: ServedModel


@dataclass(frozen=True, eq=False, slots=True)
class Serving:
    """What answers at one moment; it never changes, so a request that reads it once meets no mixture."""

    stable: ServedModel
    trial: Trial | None = None

    def model_for(self, client_id: str | None, instance: str) -> ServedModel:
        """Return the model that answers this client at this predictor instance."""
        if self.trial is not None and self.trial.canary.takes(client_id, instance):
            return self.trial.model
        return self.stable
