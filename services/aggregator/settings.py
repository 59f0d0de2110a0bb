"""The aggregator's settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from fedswipe.environment import read_settings, setting
from fedswipe.errors import FedswipeError
from fedswipe.learning.recipe import Recipe
from fedswipe.topology import LINEAGES, Lineage, lineage


@dataclass(frozen=True)
class Settings:
    """Read from the environment in `app.py`."""

    host: str = setting("HTTP_HOST", "address of /health and /ready", "127.0.0.1")
    port: int = setting("HTTP_PORT", "port of /health and /ready", 8003)
    models: tuple[str, ...] = setting(
        "AGGREGATOR_MODELS", "the lineages that it folds, separated by commas (empty: all)", ()
    )
    deltas: int = setting("AGGREGATOR_DELTAS", "a window closes at this many deltas", 32)
    records: int = setting("AGGREGATOR_RECORDS", "or at this many records read", 1_000)
    seconds: float = setting("AGGREGATOR_SECONDS", "or this many seconds after its first record", 300.0)
    max_examples: int = setting("AGGREGATOR_MAX_EXAMPLES", "cap on a delta's weight, in examples", 100)
    max_norm: float = setting("AGGREGATOR_MAX_NORM", "largest L2 norm of a delta", 64.0)
    server_learning_rate: float = setting(
        "AGGREGATOR_LEARNING_RATE", "what the deltas' mean is multiplied by", 1.0
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment; FedswipeError names the variable and the remedy."""
        return read_settings(cls, environ)

    def lineages(self) -> tuple[Lineage, ...]:
        """Return what this aggregator folds; FedswipeError for an unknown model."""
        try:
            return tuple(map(lineage, self.models)) or LINEAGES
        except KeyError as error:
            raise FedswipeError(f"AGGREGATOR_MODELS: {error.args[0]}") from error

    def recipe(self) -> Recipe:
        """Return what decides this aggregator's windows; FedswipeError when a sum could overflow."""
        return Recipe(
            deltas=self.deltas,
            records=self.records,
            seconds=self.seconds,
            max_examples=self.max_examples,
            max_norm=self.max_norm,
            server_learning_rate=self.server_learning_rate,
        )
