import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from fedswipe.errors import FedswipeError
from fedswipe.events import DeltaCodec
from fedswipe.learning.aggregation import Sum, empty, fold
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.fixed_point import quantize
from fedswipe.learning.folding import Folding
from fedswipe.learning.optimizer import apply, state_from_bytes, state_to_bytes, weights_from_bytes
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.server_optimizers import OPTIMIZERS
from fedswipe.learning.weights import to_bytes
from fedswipe.swipe.layout import load_layout

RECIPE = Recipe()


def sum_of(*deltas: tuple[list[float], int]) -> Sum:
    sum_ = empty(len(deltas[0][0]))
    for values, weight in deltas:
        sum_ = fold(sum_, quantize(np.array(values, np.float32), RECIPE.scale_bits), weight)
    return sum_


def test_fedavg_adds_the_weighted_mean() -> None:
    weights = np.array([1.0, -1.0], np.float32)
    after, state = apply(weights, {}, sum_of(([1.0, 0.0], 3), ([-1.0, 4.0], 1)), RECIPE, 1)
    assert after.tolist() == [1.5, 0.0]
    assert after.dtype == np.float32
    assert state == {}
    assert weights.tolist() == [1.0, -1.0]


def test_the_learning_rate_multiplies_the_step() -> None:
    weights = np.zeros(1, np.float32)
    after, _ = apply(weights, {}, sum_of(([2.0], 1)), Recipe(server_learning_rate=0.25), 7)
    assert after.tolist() == [0.5]


def test_the_learning_rate_falls_with_the_versions() -> None:
    weights, recipe = np.zeros(1, np.float32), Recipe(server_learning_rate=0.5, server_decay=10)
    steps = [apply(weights, {}, sum_of(([2.0], 1)), recipe, head)[0].item() for head in (1, 11, 21)]
    assert steps == pytest.approx([1.0, 1 / 2, 1 / 3])


@pytest.mark.parametrize("optimizer", ["fedadagrad", "fedadam", "fedyogi"])
def test_few_deltas_take_a_shorter_adaptive_step(optimizer: str) -> None:
    recipe = Recipe(optimizer=optimizer, deltas=4, tau=1e-9)
    delta = [2.0], 1
    sums = [sum_of(*[delta] * count) for count in (1, 2, 4, 9)]
    steps = [apply(np.zeros(1, np.float32), {}, one, recipe, 1)[0].item() for one in sums]
    assert np.array(steps) / steps[-1] == pytest.approx([1 / 2, 2**-0.5, 1, 1])
    older = [apply(np.zeros(1, np.float32), {}, one, replace(recipe, code_version=5), 1)[0] for one in sums]
    assert older == [older[-1]] * 4


def test_few_deltas_are_no_less_to_a_mean() -> None:
    few = sum_of(([2.0], 1))
    assert apply(np.zeros(1, np.float32), {}, few, Recipe(deltas=4), 1)[0].tolist() == [2.0]


def test_a_sum_of_nothing_changes_nothing() -> None:
    weights = np.array([1.0], np.float32)
    state = {"momentum": np.ones(1)}
    assert apply(weights, state, empty(1), RECIPE, 1) == (weights, state)


@given(arrays(np.float32, 4, elements=st.floats(-8, 8, width=32)), st.integers(1, 10**5))
def test_the_result_is_rounded_once(values: NDArray[np.float32], weight: int) -> None:
    weights = np.linspace(-1, 1, 4, dtype=np.float32)
    after, _ = apply(weights, {}, sum_of((values.tolist(), weight)), RECIPE, 1)
    exact = weights.astype(np.float64) + np.ldexp(quantize(values, 24).astype(np.float64), -24)
    assert np.all(np.abs(after - exact) <= np.abs(np.spacing(after)))


def test_a_state_comes_back_and_equal_states_give_equal_bytes() -> None:
    first, second = np.arange(3.0), np.ones(3)
    data = state_to_bytes({"a": first, "b": second})
    assert data == state_to_bytes({"b": second, "a": first})
    back = state_from_bytes(data)
    assert {name: one.tolist() for name, one in back.items()} == {"a": [0, 1, 2], "b": [1, 1, 1]}
    assert state_from_bytes(state_to_bytes({})) == {}


def test_a_model_is_the_vector_of_its_architecture_fit_for_a_search_or_not() -> None:
    architecture = Architecture(load_layout("qwerty-en"))
    vector = np.linspace(-1, -2, architecture.size, dtype=np.float32)
    back = weights_from_bytes(to_bytes(architecture.split(vector)), architecture)
    assert back.tobytes() == vector.tobytes()
    with pytest.raises(FedswipeError, match="qwerty-en"):
        weights_from_bytes(to_bytes({"other": vector}), architecture)


def test_an_unknown_optimizer_is_named() -> None:
    with pytest.raises(FedswipeError, match="optimizer is 'magic'; there are fedavg"):
        apply(np.zeros(1, np.float32), {}, empty(1), Recipe(optimizer="magic"), 1)


def test_a_window_of_an_earlier_code_makes_the_model_that_it_made_then() -> None:
    """The hash was taken from code version 2."""
    recipe, ramp = Recipe(server_learning_rate=0.7, code_version=2), np.arange(1_000)
    window = Folding(recipe, (990, 10))
    for number in range(7):
        codec, kind = ((DeltaCodec.FP32, "<f4"), (DeltaCodec.FP16, "<f2"))[number % 2]
        flat = (ramp * (number + 3) % 17 - 8) / np.float32(2 + number) / 64
        assert window.judge(flat.astype(np.float32).astype(kind).tobytes(), codec) is None
        window.add(recipe.weight(5 * number + 1, number % 3))
    weights, state = apply((ramp / np.float32(7)).astype(np.float32), {}, window.sum, recipe, 3)
    assert state == {}
    made = hashlib.sha256(weights.tobytes()).hexdigest()
    assert made == "4edd27ebc3e309d52d1d64592cb9189e5d4d003b205c96896fa20d4b86fd3141"


def test_an_optimisers_step_is_multiplied_by_the_learning_rate() -> None:
    recipe, weights = Recipe(optimizer="fedadam", server_learning_rate=0.25, deltas=1), np.ones(2, np.float32)
    sum_ = sum_of(([2.0, -1.0], 1))
    step, state = OPTIMIZERS["fedadam"](np.array([2.0, -1.0]), {}, recipe)
    after, kept = apply(weights, {}, sum_, recipe, 1)
    assert after.tolist() == (1.0 + 0.25 * step).astype(np.float32).tolist()
    assert {name: v.tolist() for name, v in kept.items()} == {name: v.tolist() for name, v in state.items()}
