"""One client's local training, by plain PyTorch; `stacked_training` trains many at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.gradient_steps import OPTIMIZERS, clipped
from fedswipe.learning.network import ConvGRU, network_of, read_weights
from fedswipe.learning.weights import Weights

JUDGED = 32  # swipes a client at most whose loss is told: all of them would cost half as much as the training


@dataclass(frozen=True)
class LocalRecipe:
    """How a client trains.

    ``fedprox_mu`` pulls towards the base model (FedProx, Li et al. 2020, arXiv 1812.06127); 0 is FedAvg.
    """

    epochs: int = 1
    optimizer: Literal["sgd", "adam"] = "adam"
    learning_rate: float = 2e-3
    batch_size: int = 16
    clip_norm: float = 1.0
    fedprox_mu: float = 0.0
    device: str = "cpu"


@dataclass(frozen=True, eq=False)
class Client:
    """One client's swipes: features float32 (n, 64, C), n >= 1 class sequences, and the seed of their order.

    Raises ``ValueError`` for none, or unequally many.
    """

    features: NDArray[np.float32]
    targets: Sequence[NDArray[np.int64]]
    seed: int

    def __post_init__(self) -> None:
        if len(self.features) == 0 or len(self.features) != len(self.targets):
            raise ValueError(
                f"{len(self.features)} feature rows and {len(self.targets)} targets: "
                "equally many needed, at least one"
            )

    def steps(self, recipe: LocalRecipe) -> int:
        """How many batches it trains on."""
        return recipe.epochs * -(-len(self.features) // recipe.batch_size)


@dataclass(frozen=True, eq=False)
class LocalResult:
    """The trained weights, and the mean CTC loss a letter over at most JUDGED swipes, before and after."""

    weights: Weights
    loss_before: float
    loss_after: float

    @property
    def is_finite(self) -> bool:
        """Whether the training ended in a loss and weights that are numbers."""
        return bool(np.isfinite(self.loss_after)) and all(
            np.isfinite(array).all() for array in self.weights.values()
        )


def train_client(
    architecture: Architecture, base: Weights, client: Client, recipe: LocalRecipe
) -> LocalResult:
    """Train from ``base`` on one client's swipes; the search's scalars are handed through unchanged.

    On a CPU with one thread the result depends on the arguments alone. There is no dropout: a client's few
    steps do not overfit, and so its training draws nothing but the order of its swipes.
    """
    examples = Examples.of(client.features, client.targets, recipe.device)
    network = network_of(architecture, base, recipe.device)
    judged = examples.take(torch.from_numpy(judged_rows(len(client.features))))
    loss_before = judged.loss(network)
    _fit(network, examples, client, recipe)
    return LocalResult({**base, **read_weights(network)}, loss_before, judged.loss(network))


def batches(client: Client, recipe: LocalRecipe) -> Iterator[NDArray[np.int64]]:
    """The rows of each step: every swipe once an epoch, in an order drawn from the client's seed."""
    random = np.random.default_rng(client.seed)
    for _ in range(recipe.epochs):
        order = random.permutation(len(client.features))
        for start in range(0, len(order), recipe.batch_size):
            yield order[start : start + recipe.batch_size]


def judged_rows(swipes: int) -> NDArray[np.int64]:
    """The rows whose loss is told, spread over all of them."""
    return np.arange(0, swipes, -(-swipes // JUDGED))


@dataclass(frozen=True)
class Examples:
    """Swipes as tensors: features (n, 64, C), padded targets (n, longest), lengths (n,)."""

    features: Tensor
    targets: Tensor
    lengths: Tensor

    @classmethod
    def of(
        cls, features: NDArray[np.float32], targets: Sequence[NDArray[np.int64]], device: str
    ) -> "Examples":
        """From arrays, on the device that trains."""
        padded = nn.utils.rnn.pad_sequence([torch.from_numpy(target) for target in targets], batch_first=True)
        lengths = torch.tensor([len(target) for target in targets])
        return cls(torch.from_numpy(features).to(device), padded.to(device), lengths.to(device))

    def take(self, rows: Tensor) -> "Examples":
        """The examples of these row numbers."""
        return Examples(self.features[rows], self.targets[rows], self.lengths[rows])

    @torch.no_grad()
    def loss(self, network: ConvGRU) -> float:
        """The mean CTC loss a letter."""
        return float(ctc_loss(network, self))


def ctc_loss(network: ConvGRU, batch: Examples, drop: Sequence[Tensor] | None = None) -> Tensor:
    """Mean over the swipes of the CTC loss divided by the word's length (Graves et al. 2006)."""
    log_probs = network(batch.features, drop).transpose(0, 1)
    steps = torch.full((log_probs.shape[1],), log_probs.shape[0])
    return nn.functional.ctc_loss(log_probs, batch.targets, steps, batch.lengths)


def _fit(network: ConvGRU, examples: Examples, client: Client, recipe: LocalRecipe) -> None:
    parameters = list(network.parameters())
    anchors = [parameter.detach().clone() for parameter in parameters]
    optimizer = OPTIMIZERS[recipe.optimizer](parameters)
    for rows in batches(client, recipe):
        loss = ctc_loss(network, examples.take(torch.from_numpy(rows)))
        if recipe.fedprox_mu:
            drift = [(p - anchor).square().sum() for p, anchor in zip(parameters, anchors, strict=True)]
            loss = loss + recipe.fedprox_mu / 2 * torch.stack(drift).sum()
        gradients = torch.autograd.grad(loss, parameters)
        optimizer.step(clipped(gradients, recipe.clip_norm), recipe.learning_rate)
