"""Training on all swipes in one place: for the factory model, and as the yardstick of the federated one."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from math import cos, pi

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from safetensors import torch as safetensors
from torch import Tensor

from fedswipe.errors import FedswipeError
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import Weights
from fedswipe.training.dropout import draw_dropout
from fedswipe.training.examples import Examples
from fedswipe.training.gradient_steps import Adam, clipped
from fedswipe.training.losses import SPELLING, swipe_losses
from fedswipe.training.network import network_of

START = 0.04  # of the peak learning rate, at the first step


@dataclass(frozen=True)
class CentralRecipe:
    """AdamW under a one-cycle learning rate that rises for a share ``warm_up`` of the steps.

    ``averaging``: what stays of the averaged weights at a step (Polyak & Juditsky 1992); they are the model.
    From the share ``words_from`` of the way on, the loss is that of the word among ``candidates``, and the
    share ``spelling`` of the CTC loss a letter.
    """

    batch_size: int = 64
    peak_learning_rate: float = 2.5e-3
    warm_up: float = 0.2
    weight_decay: float = 1e-2
    clip_norm: float = 1.0
    averaging: float = 0.999
    words_from: float = 0.6
    candidates: int = 8
    spelling: float = SPELLING

    def learns_words(self, done: float) -> bool:
        """Whether the loss is that of words when this share of the way is done."""
        return self.candidates > 1 and done >= self.words_from


class CentralTraining:
    """A network on its way through ``steps`` batches; `to_bytes` at any of them is enough to go on later.

    The parts of a batch are computed by ``pool``, one a thread, and added up in order: the same bytes for the
    same arguments and as many parts, as long as torch itself uses one thread.
    """

    def __init__(
        self,
        architecture: Architecture,
        weights: Weights,
        recipe: CentralRecipe,
        steps: int,
        pool: Executor,
        parts: int,
    ) -> None:
        self.network = network_of(architecture, weights)
        self._search = {name: weights[name] for name in weights.keys() - architecture.network_shapes.keys()}
        self._recipe, self._steps, self._pool, self._parts = recipe, steps, pool, parts
        self._parameters = list(self.network.parameters())
        self._optimizer = Adam(self._parameters, recipe.weight_decay)
        self._averages = [parameter.detach().clone() for parameter in self._parameters]

    @property
    def done(self) -> int:
        """Steps taken so far."""
        return self._optimizer.steps

    @property
    def weights(self) -> Weights:
        """The averaged weights, with the search's scalars as they were given."""
        names = [name for name, _ in self.network.named_parameters()]
        arrays = {name: average.numpy().copy() for name, average in zip(names, self._averages, strict=True)}
        return arrays | self._search

    def step(self, batch: Examples, random: Generator) -> float:
        """Learn from one batch; return its mean loss. ``random`` draws what is dropped."""
        rows = torch.chunk(torch.arange(len(batch)), self._parts)
        drops = [draw_dropout(len(some), random) for some in rows]
        found = list(self._pool.map(self._part, [batch] * len(rows), rows, drops))
        gradients = [torch.stack(parts).sum(0) for parts in zip(*(part for _, part in found), strict=True)]
        rate = self._recipe.peak_learning_rate * one_cycle(
            (self.done + 0.5) / self._steps, self._recipe.warm_up
        )
        self._optimizer.step(clipped(gradients, self._recipe.clip_norm), rate)
        self._average()
        return sum(loss for loss, _ in found)

    def to_bytes(self) -> bytes:
        """The whole state as safetensors."""
        return safetensors.save({**self._state(), "steps": torch.tensor(self.done)})

    def restore(self, data: bytes) -> None:
        """Go on where `to_bytes` was called; ``FedswipeError`` if that was another network."""
        saved, state = safetensors.load(data), self._state()
        if {n: t.shape for n, t in saved.items() if n != "steps"} != {n: t.shape for n, t in state.items()}:
            raise FedswipeError("the saved training is of another network; remove it to begin anew")
        for name, tensor in state.items():
            tensor.copy_(saved[name])
        self._optimizer.steps = int(saved["steps"])

    def _state(self) -> dict[str, Tensor]:
        kinds = {
            "weights": [parameter.detach() for parameter in self._parameters],
            "averages": self._averages,
            "means": self._optimizer.means,
            "squares": self._optimizer.squares,
        }
        return {f"{kind}.{n}": tensor for kind, tensors in kinds.items() for n, tensor in enumerate(tensors)}

    def _part(self, batch: Examples, rows: Tensor, drop: Sequence[Tensor]) -> tuple[float, list[Tensor]]:
        some = batch.take(rows)
        loss = swipe_losses(self.network(some.features, drop), some, self._recipe.spelling).sum() / len(batch)
        return float(loss.detach()), list(torch.autograd.grad(loss, self._parameters))

    @torch.no_grad()
    def _average(self) -> None:
        # The first steps' weights are worth little: the average looks back a tenth of the way at most.
        share = min(self._recipe.averaging, self.done / (self.done + 9))
        for average, parameter in zip(self._averages, self._parameters, strict=True):
            average.lerp_(parameter, 1 - share)


def one_cycle(done: float, warm_up: float) -> float:
    """The learning rate over its peak, up and down along cosines (Smith & Topin 2018, arXiv 1708.07120)."""
    if done < warm_up:
        return START + (1 - START) * (1 - cos(pi * done / warm_up)) / 2
    return (1 + cos(pi * (done - warm_up) / (1 - warm_up))) / 2


def shuffled(examples: Examples, batch_size: int, random: Generator) -> list[Examples]:
    """Every example once, in batches."""
    order: NDArray[np.int64] = random.permutation(len(examples))
    return [examples.take(rows) for rows in torch.split(torch.from_numpy(order), batch_size)]
