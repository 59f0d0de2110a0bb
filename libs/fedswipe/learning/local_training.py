"""One client's local training."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.gradient_steps import Adam, Sgd, clipped
from fedswipe.learning.network import ConvGRU, load_weights, read_weights
from fedswipe.learning.weights import Weights

OPTIMIZERS: dict[str, type[Sgd | Adam]] = {"sgd": Sgd, "adam": Adam}


class DivergedError(ArithmeticError):
    """The training of this client ended in a loss or weights that are not finite."""


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


@dataclass(frozen=True)
class LocalResult:
    """The trained weights and the mean CTC loss a letter over the client's examples, before and after."""

    weights: Weights
    loss_before: float
    loss_after: float


def train_client(
    architecture: Architecture,
    base: Weights,
    features: NDArray[np.float32],
    targets: Sequence[NDArray[np.int64]],
    recipe: LocalRecipe,
    seed: int,
) -> LocalResult:
    """Train from ``base`` on one client's swipes; the search's scalars are handed through unchanged.

    ``features`` is float32 (n, 64, C), ``targets`` are n class sequences. On a CPU with one thread the
    result depends on the arguments alone. Raises ``DivergedError`` if it is not finite.
    """
    if len(features) == 0 or len(features) != len(targets):
        raise ValueError(
            f"{len(features)} feature rows and {len(targets)} targets: equally many needed, at least one"
        )
    examples = Examples.of(features, targets, recipe.device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ConvGRU(architecture).to(recipe.device)
        load_weights(network, base)
        loss_before = examples.loss(network)
        _fit(network, examples, recipe)
        loss_after = examples.loss(network)
    weights = {**base, **read_weights(network)}
    if not (np.isfinite(loss_after) and all(np.isfinite(array).all() for array in weights.values())):
        raise DivergedError(f"local training diverged: loss {loss_before} before, {loss_after} after")
    return LocalResult(weights, loss_before, loss_after)


@dataclass(frozen=True)
class Examples:
    """A client's swipes as tensors: features (n, 64, C), padded targets (n, longest), lengths (n,)."""

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

    def shuffled(self, batch_size: int) -> Iterator["Examples"]:
        """Every example once, in batches, in an order drawn from torch's generator."""
        for rows in torch.split(torch.randperm(len(self.features)), batch_size):
            yield self.take(rows)

    def loss(self, network: ConvGRU) -> float:
        """The mean CTC loss without dropout."""
        network.eval()
        with torch.no_grad():
            return float(ctc_loss(network, self))


def ctc_loss(network: ConvGRU, batch: Examples) -> Tensor:
    """Mean over the swipes of the CTC loss divided by the word's length (Graves et al. 2006)."""
    log_probs = network(batch.features).transpose(0, 1)
    steps = torch.full((log_probs.shape[1],), log_probs.shape[0])
    return nn.functional.ctc_loss(log_probs, batch.targets, steps, batch.lengths)


def _fit(network: ConvGRU, examples: Examples, recipe: LocalRecipe) -> None:
    network.train()
    parameters = list(network.parameters())
    anchors = [parameter.detach().clone() for parameter in parameters]
    optimizer = OPTIMIZERS[recipe.optimizer](parameters)
    for _ in range(recipe.epochs):
        for batch in examples.shuffled(recipe.batch_size):
            loss = ctc_loss(network, batch)
            if recipe.fedprox_mu:
                drift = [(p - anchor).square().sum() for p, anchor in zip(parameters, anchors, strict=True)]
                loss = loss + recipe.fedprox_mu / 2 * torch.stack(drift).sum()
            gradients = torch.autograd.grad(loss, parameters)
            optimizer.step(clipped(gradients, recipe.clip_norm), recipe.learning_rate)
