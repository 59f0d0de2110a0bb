"""The step from one global model to the next, and the bytes of what the optimiser remembers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import numpy as safetensors

from fedswipe.errors import FedswipeError
from fedswipe.learning.aggregation import Sum, mean
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.server_optimizers import OPTIMIZERS, State
from fedswipe.learning.weights import WeightsError, read_tensors

Flat = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Trained:
    """A version's weights as one vector, in the architecture's order, and the optimiser's state."""

    weights: Flat
    state: State


def apply(weights: Flat, state: State, sum_: Sum, recipe: Recipe, head: int) -> tuple[Flat, State]:
    """Return the next weights and state; a sum of no deltas changes nothing.

    The optimiser's step, made of the sum's mean, is multiplied by the recipe's rate at the version `head`,
    whose weights these are, and added: float64 by element, rounded once to float32 at the end.
    """
    if sum_.weight == 0:
        return weights, state
    step, state = OPTIMIZERS[recipe.optimizer](mean(sum_, recipe.scale_bits), state, recipe)
    step = step * np.float64(recipe.rate(head, sum_.count))
    return (weights.astype(np.float64) + step).astype(np.float32), state


def weights_from_bytes(data: bytes, architecture: Architecture) -> Flat:
    """Read a model as the vector that is stepped; FedswipeError when it is another architecture's.

    Whether it is fit to be served is not asked: a lineage goes on from whatever its log decided, or one bad
    mean would end it.
    """
    tensors = _tensors(data, "model")
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    if shapes != dict(architecture.shapes) or any(t.dtype != np.float32 for t in tensors.values()):
        raise FedswipeError(f"model: its tensors are not those of {architecture.layout.name}")
    return architecture.join(tensors)


def state_to_bytes(state: State) -> bytes:
    """Return the state as safetensors without metadata: equal states give equal bytes."""
    return safetensors.save({name: state[name] for name in sorted(state)})


def state_from_bytes(data: bytes) -> State:
    """Read what `state_to_bytes` wrote; FedswipeError when these bytes are something else."""
    state: State = _tensors(data, "optimiser state")
    if any(vector.dtype != np.float64 for vector in state.values()):
        raise FedswipeError("optimiser state: holds something else than float64")
    return state


def _tensors(data: bytes, what: str) -> dict[str, NDArray[Any]]:
    try:
        return read_tensors(data)
    except WeightsError as error:
        raise FedswipeError(f"{what}: {error}") from error
