"""The port to one client's training. Its torch side is `torch_trainer`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fedswipe.events import Sha256, Version
from fedswipe.learning.weights import Weights
from fedswipe.topology import Lineage


@dataclass(frozen=True, eq=False)
class BaseModel:
    """A head of a lineage: the link that published it, and the model's verified weights, in its own order."""

    lineage: Lineage
    version: Version
    link: Sha256
    weights: Weights


@dataclass(frozen=True, eq=False)
class Training:
    """Trained minus base weights (float32, the architecture's order); mean losses before and after."""

    delta: NDArray[np.float32]
    loss_before: float
    loss_after: float


class LocalTrainer(Protocol):
    """Trains one client at a time."""

    def train(
        self, base: BaseModel, features: NDArray[np.float32], words: Sequence[str], seed: int
    ) -> Training:
        """Train from `base` on one client's swipes: features (n, 64, C) and their n words.

        The same arguments give the same bytes (on a CPU). Raises InvalidMessage when this client's examples
        cannot be trained.
        """
        ...
