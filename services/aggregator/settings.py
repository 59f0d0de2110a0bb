"""The aggregator's settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from fedswipe.environment import read_settings
from fedswipe.learning.recipe import Recipe


@dataclass(frozen=True)
class Settings:
    """Read from the environment in `app.py`."""

    host: str = field(
        default="127.0.0.1", metadata={"env": "HTTP_HOST", "help": "address of /health and /ready"}
    )
    port: int = field(default=8003, metadata={"env": "HTTP_PORT", "help": "port of /health and /ready"})
    deltas: int = field(
        default=32,
        metadata={"env": "AGGREGATOR_DELTAS", "help": "a window closes at this many deltas"},
    )
    records: int = field(
        default=1_000, metadata={"env": "AGGREGATOR_RECORDS", "help": "or at this many records read"}
    )
    seconds: float = field(
        default=300.0,
        metadata={"env": "AGGREGATOR_SECONDS", "help": "or this many seconds after its first record"},
    )
    max_examples: int = field(
        default=100,
        metadata={"env": "AGGREGATOR_MAX_EXAMPLES", "help": "cap on a delta's weight, in examples"},
    )
    max_norm: float = field(
        default=64.0, metadata={"env": "AGGREGATOR_MAX_NORM", "help": "largest L2 norm of a delta"}
    )
    server_learning_rate: float = field(
        default=1.0,
        metadata={"env": "AGGREGATOR_LEARNING_RATE", "help": "what the deltas' mean is multiplied by"},
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment; FedswipeError names the variable and the remedy."""
        return read_settings(cls, environ)

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
