"""The recipe of a window: everything that decides it, recorded with every model."""

import math
from dataclasses import asdict, dataclass
from typing import Self

import orjson

from fedswipe.chain import RECENT
from fedswipe.errors import FedswipeError
from fedswipe.events import DeltaCodec
from fedswipe.learning.fixed_point import LIMIT_BITS, NORM_BITS

STALENESS_ONE = 1 << 10  # a staleness factor of 1
CODE_VERSION = 6  # rises with every change that could change a verdict or a sum
REPLAYED = (2, 3, 4, 5, 6)  # the code versions whose windows this release makes again, bit for bit
ADDED = {  # the fields that a code version began with
    3: ("momentum", "beta1", "beta2", "tau", "rule", "byzantine", "over_norm"),
    4: ("noise", "privacy_delta"),
    5: ("server_decay",),
}

CHOICES = {
    "optimizer": ("fedavg", "fedavgm", "fedadagrad", "fedadam", "fedyogi"),
    "rule": ("mean", "median", "trimmed_mean", "krum", "multi_krum"),
    "over_norm": ("refuse", "clip"),
}
ADAPTIVE = ("fedadagrad", "fedadam", "fedyogi")  # their steps are about as long as the rate
LEAST_NOISE = 0.01  # its epsilon is in the thousands
LARGEST_NOISE_BITS = 50  # of its standard deviation: 45 of them and a sum stay below 2^62
KRUM = ("krum", "multi_krum")
UNMIXED = (DeltaCodec.FP32, DeltaCodec.FP16)  # they carry nothing from one client's delta into another's
EXACT_BITS = 53  # of a squared norm in units of 2^-32, which Krum's distances need in float64


@dataclass(frozen=True)
class Recipe:
    """Bounds, weights, the rule, and the optimiser's numbers.

    `staleness` holds the factors for a delta 0, 1, ... versions old, in units of 2^-10, by default FedBuff's
    1/sqrt(1 + s) (arXiv 2106.06639); anything older than the table is refused. A window closes at
    `deltas` folded, `records` read or `seconds` after its first record. A delta whose norm is over `max_norm`
    is refused, or with `over_norm` "clip" scaled down to it. `byzantine` is the share of a window's deltas
    that the rules other than "mean" take for bad. `noise` above 0 makes a private window, see `noise.py`: the
    standard deviation of what is added to the sum, in units of the most that one client can change it;
    `privacy_delta` is the delta of the epsilon that is told. `server_decay`: versions after which the
    server's learning rate is half of the first one's, and a third after as many more; 0 keeps it.
    """

    deltas: int = 32
    records: int = 1_000
    seconds: float = 300.0
    scale_bits: int = 24
    max_value: float = 8.0
    max_norm: float = 64.0
    max_examples: int = 100
    staleness: tuple[int, ...] = (1024, 724, 591, 512, 458, 418)
    optimizer: str = "fedavg"
    server_learning_rate: float = 1.0
    server_decay: int = 0
    momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.99
    tau: float = 1e-3
    rule: str = "mean"
    byzantine: float = 0.2
    over_norm: str = "refuse"
    noise: float = 0.0
    privacy_delta: float = 1e-6
    code_version: int = CODE_VERSION

    def __post_init__(self) -> None:
        """Refuse numbers with which a sum could overflow, naming the setting and the remedy."""
        for name in ("deltas", "records", "seconds", "max_value", "max_norm", "max_examples", "tau"):
            if not 0 < getattr(self, name) < math.inf:
                raise FedswipeError(f"recipe: {name} is {getattr(self, name)}, must be above 0 and finite")
        for name, most in (("momentum", 1.0), ("beta1", 1.0), ("beta2", 1.0), ("byzantine", 0.5)):
            if not 0 <= getattr(self, name) < most:
                raise FedswipeError(
                    f"recipe: {name} is {getattr(self, name)}, must be from 0 to below {most:g}"
                )
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise FedswipeError(
                    f"recipe: {name} is {getattr(self, name)!r}; there are {', '.join(known)}"
                )
        if not math.isfinite(self.server_learning_rate):
            raise FedswipeError(f"recipe: server_learning_rate is {self.server_learning_rate}, not a number")
        if self.server_decay < 0:
            raise FedswipeError(f"recipe: server_decay is {self.server_decay}, must be 0 (none) or more")
        if len(self.staleness) > RECENT:
            raise FedswipeError(f"recipe: staleness has {len(self.staleness)} factors, {RECENT} at most")
        if not self.staleness or not all(0 < factor <= STALENESS_ONE for factor in self.staleness):
            raise FedswipeError(
                f"recipe: staleness needs factors in 1..{STALENESS_ONE}, one a version of age"
            )
        if self.scale_bits < NORM_BITS:
            raise FedswipeError(f"recipe: scale_bits is {self.scale_bits}, must be at least {NORM_BITS}")
        self._check_noise()
        self._check_sums()

    def _check_noise(self) -> None:
        if self.noise and not LEAST_NOISE <= self.noise < math.inf:
            raise FedswipeError(f"recipe: noise is {self.noise}, must be 0 (none) or {LEAST_NOISE} or more")
        if not 0 < self.privacy_delta < 1:
            raise FedswipeError(f"recipe: privacy_delta is {self.privacy_delta}, must be between 0 and 1")
        if self.noise and (self.rule, self.over_norm) != ("mean", "clip"):
            raise FedswipeError(
                f"recipe: noise is {self.noise:g} with rule {self.rule} and over_norm {self.over_norm}: only "
                "a mean of clipped deltas bounds what one client changes; set rule to mean, over_norm to clip"
            )
        if self.noise * (self.max_norm + 1) * 2.0**self.scale_bits >= 2.0**LARGEST_NOISE_BITS:
            raise FedswipeError(
                f"recipe: noise x max_norm x 2^scale_bits is near 2^{LARGEST_NOISE_BITS}: lower one of them"
            )

    def _check_sums(self) -> None:
        largest = self.deltas * self.max_examples * STALENESS_ONE * self.max_value * 2.0**self.scale_bits
        if largest >= 2.0**LIMIT_BITS:
            raise FedswipeError(
                f"recipe: deltas x max_examples x {STALENESS_ONE} x max_value x 2^scale_bits "
                f"is {largest:.3g}, must stay below 2^{LIMIT_BITS}: lower one of them"
            )
        # Half of what would be exact: rounding to 2^-16 may lengthen a delta a little.
        most = 2.0 ** min(EXACT_BITS - 1, LIMIT_BITS - 2 - math.ceil(math.log2(self.deltas)))
        if self.rule in KRUM and (self.max_norm * 2.0**NORM_BITS) ** 2 > most:
            raise FedswipeError(
                f"recipe: max_norm is {self.max_norm:g}, by rule {self.rule} with {self.deltas} deltas "
                f"it may be {math.sqrt(most) / 2**NORM_BITS:g} at most: lower one of them"
            )

    @property
    def staleness_bound(self) -> int:
        """The oldest delta that is still taken, in versions; ids are remembered over as many links."""
        return len(self.staleness) - 1

    def weight(self, examples: int, staleness: int) -> int:
        """Return a delta's integer weight: its examples, capped, times its staleness factor.

        By the rules other than "mean" each delta counts once: a bad one could claim what it likes. In a
        private window too: a weight would make the client's part in the sum longer.
        """
        if self.noise or self.rule != "mean":
            return 1
        return min(examples, self.max_examples) * self.staleness[staleness]

    def rate(self, head: int, folded: int) -> float:
        """Return the server's learning rate for the step from version `head`, the lineage's first being 1.

        An adaptive step is as long for one delta as for many: where a window closes with fewer than `deltas`,
        its rate is less by the root of their share, as their mean is the more chance by it (ADR 0032).
        """
        fall = (head - 1) / self.server_decay if self.server_decay else 0.0
        adapts = self.optimizer in ADAPTIVE and self.code_version > 5
        share = min(folded / self.deltas, 1.0) if adapts else 1.0
        return self.server_learning_rate / (1.0 + fall) * math.sqrt(share)

    def bad_ones(self, count: int) -> int:
        """Return how many of so many deltas the rule takes for bad."""
        return math.floor(self.byzantine * count)

    def reads(self, codec: DeltaCodec) -> bool:
        """Tell whether the code of this recipe knew a codec: version 2 could not read events with others."""
        return self.code_version > 2 or codec in UNMIXED

    @property
    def forgets(self) -> bool:
        """Tell whether the code of this recipe knew of forgotten clients."""
        return self.code_version > 5

    def to_bytes(self) -> bytes:
        """Return the recipe as canonical JSON: sorted keys, no spaces, the fields of its code version."""
        later = [name for version, names in ADDED.items() if self.code_version < version for name in names]
        fields = {name: value for name, value in asdict(self).items() if name not in later}
        return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` of this or an earlier release wrote; FedswipeError for anything else."""
        try:
            fields = orjson.loads(data)
            return cls(**fields | {"staleness": tuple(fields["staleness"])})
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise FedswipeError(f"recipe: not one that this release knows ({error!r})") from error


# What the aggregator and simulations begin with; the defaults above are what old recipes meant.
FEDADAM = Recipe(optimizer="fedadam", server_learning_rate=3e-3, tau=1e-7)
