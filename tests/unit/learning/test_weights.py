import numpy as np
import pytest

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import (
    Weights,
    WeightsError,
    from_bytes,
    search_weights,
    sha256,
    to_bytes,
    with_search,
)
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.search_weights import SearchWeights

ENGLISH = Architecture(load_layout("qwerty-en"))


def some_weights() -> Weights:
    flat = np.random.default_rng(0).normal(size=ENGLISH.size).astype(np.float32)
    return with_search(ENGLISH.split(flat), SearchWeights(unigram=0.5, length=1.0, scale=1.0))


def test_bytes_come_back_in_the_declared_order() -> None:
    weights = some_weights()
    again = from_bytes(to_bytes(weights), ENGLISH)
    assert list(again) == list(ENGLISH.shapes)
    np.testing.assert_array_equal(ENGLISH.join(again), ENGLISH.join(weights))


def test_equal_tensors_give_equal_bytes_whatever_their_order() -> None:
    weights = some_weights()
    reordered = {name: weights[name].copy() for name in reversed(weights)}
    assert sha256(to_bytes(reordered)) == sha256(to_bytes(weights))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gru.bias_ih_l0": np.full(288, np.nan, np.float32)}, "gru.bias_ih_l0 holds NaN"),
        ({"head.bias": np.zeros(5, np.float32)}, "head.bias is float32"),
        ({"head.bias": np.zeros(27)}, "head.bias is float64"),
        ({"another": np.zeros(1, np.float32)}, "another"),
    ],
)
def test_what_is_not_a_model_is_named(change: Weights, message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        from_bytes(to_bytes(some_weights() | change), ENGLISH)


def test_a_missing_tensor_is_named() -> None:
    weights = some_weights()
    del weights["search.length"]
    with pytest.raises(WeightsError, match=r"search\.length"):
        from_bytes(to_bytes(weights), ENGLISH)


def test_bytes_of_something_else_are_refused() -> None:
    with pytest.raises(WeightsError, match="safetensors"):
        from_bytes(b"not a model", ENGLISH)


def test_the_searchs_scalars_travel_with_the_model() -> None:
    search = SearchWeights(unigram=0.25, length=1.5, scale=0.75)
    again = from_bytes(to_bytes(with_search(some_weights(), search)), ENGLISH)
    assert search_weights(again) == search


def test_a_mean_that_stepped_past_a_bound_is_served_at_the_bound() -> None:
    weights = some_weights()
    past = {"search.unigram": np.array(-0.1, np.float32), "search.scale": np.array(-1, np.float32)}
    again = from_bytes(to_bytes(weights | past), ENGLISH)
    assert search_weights(again) == SearchWeights(unigram=0.0, length=1.0, scale=0.05)
