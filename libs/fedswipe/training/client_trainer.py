"""The port to the clients' training. Its torch side is `torch_trainer`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fedswipe.errors import InvalidMessage
from fedswipe.learning.base_model import BaseModel


@dataclass(frozen=True, eq=False)
class ClientSwipes:
    """One client's swipes: features (n, 64, C), their n words, and the seed of their order.

    ``correction``, a vector of the model's size, is added to each gradient (SCAFFOLD).
    """

    features: NDArray[np.float32]
    words: Sequence[str]
    seed: int
    correction: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Training:
    """Trained minus base weights (float32, the architecture's order); mean losses before and after."""

    delta: NDArray[np.float32]
    loss_before: float
    loss_after: float


class ClientTrainer(Protocol):
    """Trains clients, each for itself."""

    def train(self, base: BaseModel, clients: Sequence[ClientSwipes]) -> Iterator[Training | InvalidMessage]:
        """Train each client from `base`, in order; an InvalidMessage is a client's that cannot be trained.

        The same arguments give the same bytes (on a CPU).
        """
        ...
