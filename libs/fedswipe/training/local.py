"""One client's local training, by plain PyTorch; `stacked` trains many at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import Weights
from fedswipe.training.examples import Examples
from fedswipe.training.gradient_steps import OPTIMIZERS, clipped
from fedswipe.training.losses import SPELLING, spelling_losses, swipe_losses
from fedswipe.training.network import ConvGRU, network_of, read_weights

RATES = {"sgd": 0.1, "adam": 2e-3}
JUDGED = 32  # swipes a client at most whose loss is told: all of them would cost half as much as the training


@dataclass(frozen=True)
class LocalRecipe:
    """How a client trains.

    Plain SGD, for a server that steps by FedAdam (docs/adr/0032-fedadam.md); Adam suits FedAvg.

    ``decay``: versions after which the learning rate is half of the first one's, and a third after as many
    more; 0 keeps it. Without a falling rate FedAvg stays at a distance from the best model (Li et al., ICLR
    2020, arXiv 1907.02189).

    ``candidates``: words a swipe that the loss tells apart, beside the share ``spelling`` of the CTC loss a
    letter; 0 is the CTC loss alone. ``calibrates``: whether the search's weights are fitted as well; held,
    they stay the base's, and the network alone is trained to suit them. ``fedprox_mu`` pulls towards the base
    model (FedProx, Li et al. 2020, arXiv 1812.06127); 0 is FedAvg.
    """

    epochs: int = 1
    optimizer: Literal["sgd", "adam"] = "sgd"
    learning_rate: float | None = None  # None: what suits the optimiser
    decay: int = 0
    batch_size: int = 16
    candidates: int = 8
    spelling: float = SPELLING
    calibrates: bool = True
    clip_norm: float = 1.0
    fedprox_mu: float = 0.0
    device: str = "cpu"

    @property
    def rate(self) -> float:
        """The learning rate: as told, or what suits the optimiser."""
        return RATES[self.optimizer] if self.learning_rate is None else self.learning_rate

    def at(self, version: int) -> "LocalRecipe":
        """The recipe of clients that train from this version, the first being 1: its rate has fallen."""
        if not self.decay:
            return self
        return replace(self, decay=0, learning_rate=self.rate / (1 + (version - 1) / self.decay))


@dataclass(frozen=True, eq=False)
class Client:
    """One client's swipes, at least one, and the seed of their order.

    ``correction`` is added to every gradient of the network, see `scaffold`.
    """

    examples: Examples
    seed: int
    correction: Weights | None = None

    def __post_init__(self) -> None:
        if len(self.examples) == 0:
            raise ValueError("examples: there are none; a client needs at least one")

    def steps(self, recipe: LocalRecipe) -> int:
        """How many batches it trains on."""
        return recipe.epochs * -(-len(self.examples) // recipe.batch_size)


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
    examples = client.examples.to(recipe.device)
    network = network_of(architecture, base, recipe.device)
    judged = examples.take(torch.from_numpy(judged_rows(len(examples))))
    loss_before = _spelling(network, judged)
    _fit(network, examples, client, recipe)
    return LocalResult({**base, **read_weights(network)}, loss_before, _spelling(network, judged))


def batches(client: Client, recipe: LocalRecipe) -> Iterator[NDArray[np.int64]]:
    """The rows of each step: every swipe once an epoch, in an order drawn from the client's seed."""
    random = np.random.default_rng(client.seed)
    for _ in range(recipe.epochs):
        order = random.permutation(len(client.examples))
        for start in range(0, len(order), recipe.batch_size):
            yield order[start : start + recipe.batch_size]


def judged_rows(swipes: int) -> NDArray[np.int64]:
    """The rows whose loss is told, spread over all of them."""
    return np.arange(0, swipes, -(-swipes // JUDGED))


@torch.no_grad()
def _spelling(network: ConvGRU, examples: Examples) -> float:
    return float(spelling_losses(network(examples.features), examples).mean())


def _fit(network: ConvGRU, examples: Examples, client: Client, recipe: LocalRecipe) -> None:
    parameters = list(network.parameters())
    anchors = [parameter.detach().clone() for parameter in parameters]
    optimizer = OPTIMIZERS[recipe.optimizer](parameters)
    for rows in batches(client, recipe):
        batch = examples.take(torch.from_numpy(rows))
        loss = swipe_losses(network(batch.features), batch, recipe.spelling).mean()
        if recipe.fedprox_mu:
            drift = [(p - anchor).square().sum() for p, anchor in zip(parameters, anchors, strict=True)]
            loss = loss + recipe.fedprox_mu / 2 * torch.stack(drift).sum()
        gradients = clipped(torch.autograd.grad(loss, parameters), recipe.clip_norm)
        if client.correction is not None:
            names = [name for name, _ in network.named_parameters()]
            for gradient, name in zip(gradients, names, strict=True):
                gradient += torch.from_numpy(client.correction[name]).to(gradient.device)
        optimizer.step(gradients, recipe.rate)
