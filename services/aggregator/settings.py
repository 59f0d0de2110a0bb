"""The aggregator's settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from fedswipe.environment import read_settings, setting
from fedswipe.errors import FedswipeError
from fedswipe.learning import staleness
from fedswipe.learning.noise import check_key
from fedswipe.learning.recipe import CHOICES, Recipe
from fedswipe.topology import LINEAGES, Lineage, lineage

NOISE_KEY = "FEDSWIPE_NOISE_KEY"
ADAPTIVE_RATE = 0.003  # their steps are about as long as the rate, whatever the deltas; 1 would ruin a model


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
    over_norm: str = setting(
        "AGGREGATOR_OVER_NORM",
        "what becomes of a larger delta: refuse, or clip (scale it down to the largest norm)",
        "refuse",
        choices=CHOICES["over_norm"],
    )
    staleness: str = setting(
        "AGGREGATOR_STALENESS",
        "what a late delta weighs: polynomial (1 + age)^-A, hinge 1 / (A (age - B) + 1) past B, or constant",
        "polynomial",
        choices=("polynomial", "hinge", "constant"),
    )
    staleness_bound: int = setting(
        "AGGREGATOR_STALENESS_BOUND", "oldest delta that is taken, in versions", 5, least=0, most=255
    )
    staleness_a: float = setting("AGGREGATOR_STALENESS_A", "A of polynomial and hinge", 0.5, least=0.0)
    staleness_b: float = setting("AGGREGATOR_STALENESS_B", "B of hinge, in versions", 4.0, least=0.0)
    rule: str = setting(
        "AGGREGATOR_RULE",
        "how deltas become one: mean, or median, trimmed_mean, krum, multi_krum, which hold all in memory",
        "mean",
        choices=CHOICES["rule"],
    )
    byzantine: float = setting(
        "AGGREGATOR_BYZANTINE", "share of the deltas that trimmed_mean, krum and multi_krum take for bad", 0.2
    )
    optimizer: str = setting(
        "AGGREGATOR_OPTIMIZER",
        "server optimiser: fedavg, fedavgm, fedadagrad, fedadam or fedyogi",
        "fedadam",
        choices=CHOICES["optimizer"],
    )
    server_learning_rate: float | None = setting(
        "AGGREGATOR_LEARNING_RATE",
        "what the optimiser's step is multiplied by (empty: 1 for fedavg and fedavgm, 0.003 for the others)",
        None,
    )
    server_decay: int = setting(
        "AGGREGATOR_RATE_DECAY",
        "versions after which that is half of the first one's, a third after as many more (0: never)",
        0,
        least=0,
    )
    momentum: float = setting("AGGREGATOR_MOMENTUM", "fedavgm's momentum", 0.9)
    beta1: float = setting(
        "AGGREGATOR_BETA1", "how much of their mean fedadagrad, fedadam and fedyogi keep", 0.9
    )
    beta2: float = setting("AGGREGATOR_BETA2", "how much of its square fedadam and fedyogi keep", 0.99)
    tau: float = setting("AGGREGATOR_TAU", "how little adaptive fedadagrad, fedadam and fedyogi are", 1e-7)
    noise: float = setting(
        "AGGREGATOR_NOISE",
        "differential privacy: the noise's standard deviation, in what one client can change (0: none)",
        0.0,
        least=0.0,
    )
    privacy_delta: float = setting("AGGREGATOR_PRIVACY_DELTA", "the delta that an epsilon is told at", 1e-6)
    noise_key: str | None = field(
        default=None,
        repr=False,
        metadata={
            "env": NOISE_KEY,
            "help": f"what the noise's seeds are made of, the same in every aggregator; or {NOISE_KEY}_FILE "
            "names its file",
            "secret": True,
        },
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
            over_norm=self.over_norm,
            staleness=self._staleness(),
            rule=self.rule,
            byzantine=self.byzantine,
            optimizer=self.optimizer,
            server_learning_rate=self._rate(),
            server_decay=self.server_decay,
            momentum=self.momentum,
            beta1=self.beta1,
            beta2=self.beta2,
            tau=self.tau,
            noise=self.noise,
            privacy_delta=self.privacy_delta,
        )

    def checked_noise_key(self) -> bytes | None:
        """Return the key, None where no noise is made; FedswipeError when there is none or a short one."""
        if not self.noise:
            return None
        if self.noise_key is None:
            raise FedswipeError(
                f"{NOISE_KEY}: not set, and AGGREGATOR_NOISE is {self.noise:g}; set it to the same secret "
                "in every aggregator: `openssl rand -hex 32` makes one"
            )
        return check_key(self.noise_key, NOISE_KEY)

    def _staleness(self) -> tuple[int, ...]:
        match self.staleness:
            case "constant":
                return staleness.constant(self.staleness_bound)
            case "hinge":
                return staleness.hinge(self.staleness_bound, self.staleness_a, self.staleness_b)
            case _:
                return staleness.polynomial(self.staleness_bound, self.staleness_a)

    def _rate(self) -> float:
        if self.server_learning_rate is not None:
            return self.server_learning_rate
        return 1.0 if self.optimizer in ("fedavg", "fedavgm") else ADAPTIVE_RATE
