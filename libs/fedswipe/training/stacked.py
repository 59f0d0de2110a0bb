"""Many clients' local training as one batched computation.

Every client keeps weights, optimiser and batches of its own, so a client's result is that of
`local.train_client` but for the rounding of sums. One large product is faster than many small ones.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import Weights
from fedswipe.training.examples import Examples
from fedswipe.training.gradient_steps import OPTIMIZERS
from fedswipe.training.local import (
    Client,
    LocalRecipe,
    LocalResult,
    batches,
    judged_rows,
)
from fedswipe.training.losses import spelling_losses, swipe_losses
from fedswipe.training.stacked_network import log_probs

Losses = Callable[[Tensor, Examples], Tensor]
NOBODY = -1  # a place of a batch that holds no example


def train_stacked(
    architecture: Architecture, base: Weights, clients: Sequence[Client], recipe: LocalRecipe
) -> list[LocalResult]:
    """Train each client from ``base`` for itself; the results are in the clients' order.

    Either all clients have a correction or none.
    A result that is not finite says so itself, see `LocalResult.is_finite`: it harms no other client's.
    """
    order = sorted(range(len(clients)), key=lambda place: -clients[place].steps(recipe))
    stack = _Stack(architecture, base, [clients[place] for place in order], recipe)
    found = dict(zip(order, stack.results(), strict=True))
    return [found[place] for place in range(len(clients))]


@dataclass(frozen=True)
class _Batch:
    """One step of the first G clients: rows (G, B) into all examples, NOBODY where a client has no more."""

    rows: Tensor

    @property
    def present(self) -> Tensor:
        """Which places hold an example, (G, B)."""
        return self.rows != NOBODY


class _Stack:
    """Clients, those with the most steps first: as they finish, the stack gets lower."""

    def __init__(
        self, architecture: Architecture, base: Weights, clients: Sequence[Client], recipe: LocalRecipe
    ) -> None:
        self._architecture, self._base, self._clients, self._recipe = architecture, base, clients, recipe
        self._examples = Examples.joined([client.examples for client in clients]).to(recipe.device)
        self._firsts = np.cumsum([0, *(len(client.examples) for client in clients[:-1])])
        self._anchors = {
            name: torch.tensor(base[name], device=recipe.device) for name in architecture.network_shapes
        }
        self._weights = {
            name: anchor.repeat(len(clients), *([1] * anchor.dim())) for name, anchor in self._anchors.items()
        }
        given = [client.correction for client in clients if client.correction is not None]
        self._corrections = {
            name: torch.tensor(np.stack([one[name] for one in given]), device=recipe.device)
            for name in (self._anchors if given else ())
        }

    def results(self) -> Iterator[LocalResult]:
        judged = _Batch(self._rows([judged_rows(len(client.examples)) for client in self._clients]))
        before = self._spelling(judged)
        self._train()
        after = self._spelling(judged)
        for place in range(len(self._clients)):
            trained = {name: stacked[place].cpu().numpy() for name, stacked in self._weights.items()}
            yield LocalResult(self._base | trained, float(before[place]), float(after[place]))

    def _train(self) -> None:
        optimizer = OPTIMIZERS[self._recipe.optimizer](list(self._weights.values()))
        for batch in self._batches():
            active = {name: stacked[: len(batch.rows)] for name, stacked in self._weights.items()}
            leaves = {name: stacked.detach().requires_grad_() for name, stacked in active.items()}
            losses = partial(swipe_losses, spelling=self._recipe.spelling)
            loss = self._mean(losses, leaves, batch).sum()
            gradients = list(torch.autograd.grad(loss, list(leaves.values())))
            if self._recipe.fedprox_mu:
                gradients = self._pulled(gradients, active)
            gradients = _clipped(gradients, self._recipe.clip_norm)
            optimizer.step(self._corrected(gradients, leaves), self._recipe.rate)

    def _pulled(self, gradients: Sequence[Tensor], active: dict[str, Tensor]) -> list[Tensor]:
        """FedProx: the gradient of half of mu times the squared way from the base."""
        drifts = [stacked - self._anchors[name] for name, stacked in active.items()]
        mu = self._recipe.fedprox_mu
        return [gradient.add(way, alpha=mu) for gradient, way in zip(gradients, drifts, strict=True)]

    def _corrected(self, gradients: list[Tensor], leaves: dict[str, Tensor]) -> list[Tensor]:
        """SCAFFOLD: each client's correction is added to its gradients."""
        if not self._corrections:
            return gradients
        return [
            gradient + self._corrections[name][: len(gradient)]
            for gradient, name in zip(gradients, leaves, strict=True)
        ]

    def _batches(self) -> Iterator[_Batch]:
        plans = [list(batches(client, self._recipe)) for client in self._clients]
        for step in range(len(plans[0])):
            yield _Batch(self._rows([plan[step] for plan in plans if len(plan) > step]))

    def _rows(self, chosen: Sequence[NDArray[np.int64]]) -> Tensor:
        rows = np.full((len(chosen), max(map(len, chosen))), NOBODY)
        for place, some in enumerate(chosen):
            rows[place, : len(some)] = self._firsts[place] + some
        return torch.from_numpy(rows).to(self._recipe.device)

    @torch.no_grad()
    def _spelling(self, batch: _Batch) -> Tensor:
        return self._mean(spelling_losses, self._weights, batch)

    def _mean(self, losses: Losses, weights: dict[str, Tensor], batch: _Batch) -> Tensor:
        """Each client's mean loss over its swipes, (G,)."""
        rows, present = batch.rows.clamp(min=0), batch.present
        some = self._examples.take(rows.flatten())
        found = log_probs(weights, some.features.view(*rows.shape, *some.features.shape[1:]))
        each = losses(found.flatten(0, 1), some).view(rows.shape) * present
        return each.sum(1) / present.sum(1)


def _clipped(gradients: Sequence[Tensor], norm: float) -> list[Tensor]:
    """Each client's gradients, scaled down in place if their common L2 norm is over ``norm``."""
    norms = [torch.linalg.vector_norm(gradient.flatten(1), dim=1) for gradient in gradients]
    scale = (norm / (torch.linalg.vector_norm(torch.stack(norms), dim=0) + 1e-6)).clamp(max=1)
    return [gradient.mul_(scale.view(-1, *([1] * (gradient.dim() - 1)))) for gradient in gradients]
