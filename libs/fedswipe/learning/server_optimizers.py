"""How the server steps: from a window's mean delta, and what the optimiser remembers, to the weights' step.

Each returns the step before the learning rate, and the state that goes on. float64 by element, +, -, x, / and
sqrt alone, nothing fused, so a replay has the same bits. What a state lacks starts at zero; what it holds
beside (another optimiser's, before the setting was changed) is dropped.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fedswipe.learning.recipe import Recipe

Vector = NDArray[np.float64]
State = dict[str, Vector]  # vectors of the model's size, by name; FedAvg has none


def fedavg(mean: Vector, state: State, recipe: Recipe) -> tuple[Vector, State]:
    """Step by the mean itself (FedAvg; McMahan et al., arXiv 1602.05629)."""
    return mean, {}


def fedavgm(mean: Vector, state: State, recipe: Recipe) -> tuple[Vector, State]:
    """Step by the means with momentum: v = momentum v + mean (FedAvgM; Hsu et al., arXiv 1909.06335)."""
    momentum = np.float64(recipe.momentum) * _vector(state, "momentum", mean) + mean
    return momentum, {"momentum": momentum}


def fedadagrad(mean: Vector, state: State, recipe: Recipe) -> tuple[Vector, State]:
    """v = v + mean^2 (FedAdagrad; Reddi et al., arXiv 2003.00295, algorithm 2; it begins with v = tau^2)."""
    return _adaptive(mean, state, recipe, _vector(state, "v", mean) + mean * mean)


def fedadam(mean: Vector, state: State, recipe: Recipe) -> tuple[Vector, State]:
    """v = beta2 v + (1 - beta2) mean^2 (FedAdam; as above). No correction of the first steps, as there."""
    beta2 = np.float64(recipe.beta2)
    v = beta2 * _vector(state, "v", mean) + (1.0 - beta2) * (mean * mean)
    return _adaptive(mean, state, recipe, v)


def fedyogi(mean: Vector, state: State, recipe: Recipe) -> tuple[Vector, State]:
    """v = v - (1 - beta2) mean^2 sign(v - mean^2) (FedYogi; as above)."""
    v, square = _vector(state, "v", mean), mean * mean
    v = v - (1.0 - np.float64(recipe.beta2)) * square * np.sign(v - square)
    return _adaptive(mean, state, recipe, v)


def _adaptive(mean: Vector, state: State, recipe: Recipe, v: Vector) -> tuple[Vector, State]:
    """Step by m / (sqrt(v) + tau), with m = beta1 m + (1 - beta1) mean."""
    beta1 = np.float64(recipe.beta1)
    m = beta1 * _vector(state, "m", mean) + (1.0 - beta1) * mean
    return m / (np.sqrt(v) + np.float64(recipe.tau)), {"m": m, "v": v}


def _vector(state: State, name: str, like: Vector) -> Vector:
    found = state.get(name)
    return found if found is not None and found.shape == like.shape else np.zeros_like(like)


OPTIMIZERS: dict[str, Callable[[Vector, State, Recipe], tuple[Vector, State]]] = {
    "fedavg": fedavg,
    "fedavgm": fedavgm,
    "fedadagrad": fedadagrad,
    "fedadam": fedadam,
    "fedyogi": fedyogi,
}
