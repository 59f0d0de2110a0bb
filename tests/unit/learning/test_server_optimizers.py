"""Each optimiser against its paper's formulas on Python's floats, float64 too: equal bit for bit."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from fedswipe.learning.recipe import Recipe
from fedswipe.learning.server_optimizers import OPTIMIZERS, State

RECIPE = Recipe(momentum=0.7, beta1=0.8, beta2=0.95, tau=1e-2)
SIZE = 3
means = st.lists(arrays(np.float64, SIZE, elements=st.floats(-8, 8)), min_size=1, max_size=6)
Scalars = dict[str, float]


def momentum(mean: float, state: Scalars) -> float:
    state["momentum"] = 0.7 * state.get("momentum", 0.0) + mean
    return state["momentum"]


def adaptive(second: Callable[[float, float], float]) -> Callable[[float, Scalars], float]:
    def step(mean: float, state: Scalars) -> float:
        state["m"] = 0.8 * state.get("m", 0.0) + (1.0 - 0.8) * mean
        state["v"] = second(state.get("v", 0.0), mean * mean)
        return state["m"] / (math.sqrt(state["v"]) + 1e-2)

    return step


def sign(value: float) -> float:
    return float((value > 0) - (value < 0))


PLAIN: dict[str, Callable[[float, Scalars], float]] = {
    "fedavg": lambda mean, state: mean,
    "fedavgm": momentum,
    "fedadagrad": adaptive(lambda v, square: v + square),
    "fedadam": adaptive(lambda v, square: 0.95 * v + (1.0 - 0.95) * square),
    "fedyogi": adaptive(lambda v, square: v - (1.0 - 0.95) * square * sign(v - square)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@given(rounds=means)
def test_steps_and_state_are_the_papers(name: str, rounds: list[NDArray[np.float64]]) -> None:
    state: State = {}
    plain: list[Scalars] = [{} for _ in range(SIZE)]
    for mean in rounds:
        step, state = OPTIMIZERS[name](mean, state, RECIPE)
        assert step.tolist() == [PLAIN[name](*one) for one in zip(mean.tolist(), plain, strict=True)]
        vectors = {key: vector.tolist() for key, vector in state.items()}
        assert vectors == {key: [one[key] for one in plain] for key in plain[0]}
        assert all(vector.dtype == np.float64 for vector in (step, *state.values()))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_a_state_lacks_starts_at_zero_and_what_is_not_its_own_goes(name: str) -> None:
    mean = np.array([1.0, -2.0, 0.0])
    fresh, state = OPTIMIZERS[name](mean, {}, RECIPE)
    strange: State = {"other": np.ones(SIZE), "m": np.ones(7), "v": np.ones(7), "momentum": np.ones(7)}
    again, known = OPTIMIZERS[name](mean, strange, RECIPE)
    assert again.tobytes() == fresh.tobytes()
    assert known.keys() == state.keys()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_it_is_given_stays_as_it_was(name: str) -> None:
    mean = np.array([1.0, -2.0, 0.0])
    _, state = OPTIMIZERS[name](mean, {}, RECIPE)
    before = {key: vector.tobytes() for key, vector in state.items()}
    OPTIMIZERS[name](mean, state, RECIPE)
    assert {key: vector.tobytes() for key, vector in state.items()} == before
    assert mean.tolist() == [1.0, -2.0, 0.0]
