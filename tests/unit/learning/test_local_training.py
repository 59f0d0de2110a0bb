from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.examples import Examples
from fedswipe.learning.local_training import Client, LocalRecipe, LocalResult, train_client
from fedswipe.learning.network import fresh_weights
from fedswipe.learning.stacked_training import train_stacked
from fedswipe.learning.targets import target
from fedswipe.learning.weights import Weights, with_search
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.search_weights import SearchWeights

LAYOUT = load_layout("qwerty-en")
ENGLISH = Architecture(LAYOUT)
WORDS = ["hello", "a", "letter", "kafka", "swipe", "federation"] * 4
TARGETS = [target(LAYOUT, word) for word in WORDS]
RECIPE = LocalRecipe(epochs=1, batch_size=8)
SGD = LocalRecipe(optimizer="sgd", learning_rate=0.1, batch_size=8)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base() -> Weights:
    return with_search(fresh_weights(ENGLISH, 0), SearchWeights(0.25, 0.0, 1.0))


@pytest.fixture(scope="module")
def features() -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(len(WORDS), 64, ENGLISH.channels)).astype(np.float32)


def client(features: NDArray[np.float32], count: int = len(WORDS), seed: int = 1) -> Client:
    return Client(Examples.of(features[:count], TARGETS[:count]), seed)


def drift(result: LocalResult, base: Weights) -> NDArray[np.float32]:
    return ENGLISH.join(result.weights) - ENGLISH.join(base)


@pytest.mark.parametrize("recipe", [RECIPE, SGD])
def test_training_lowers_the_clients_loss(
    base: Weights, features: NDArray[np.float32], recipe: LocalRecipe
) -> None:
    result = train_client(ENGLISH, base, client(features), recipe)
    assert result.loss_after < result.loss_before


def test_the_result_depends_on_the_seed_alone(base: Weights, features: NDArray[np.float32]) -> None:
    torch.manual_seed(5)
    first = train_client(ENGLISH, base, client(features), RECIPE)
    torch.manual_seed(6)
    again = train_client(ENGLISH, base, client(features), RECIPE)
    other = train_client(ENGLISH, base, client(features, seed=2), RECIPE)
    np.testing.assert_array_equal(ENGLISH.join(again.weights), ENGLISH.join(first.weights))
    assert not np.array_equal(ENGLISH.join(other.weights), ENGLISH.join(first.weights))


def test_the_callers_generator_and_base_are_left_alone(base: Weights, features: NDArray[np.float32]) -> None:
    flat = ENGLISH.join(base)
    state = torch.get_rng_state()
    train_client(ENGLISH, base, client(features), RECIPE)
    train_stacked(ENGLISH, base, [client(features)], RECIPE)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(ENGLISH.join(base), flat)


def test_the_searchs_scalars_are_handed_through(base: Weights, features: NDArray[np.float32]) -> None:
    for result in (
        train_client(ENGLISH, base, client(features), RECIPE),
        *train_stacked(ENGLISH, base, [client(features)], RECIPE),
    ):
        assert result.weights.keys() == ENGLISH.shapes.keys()
        assert float(result.weights["search.unigram"]) == 0.25


def test_fedprox_stays_nearer_to_the_base(base: Weights, features: NDArray[np.float32]) -> None:
    recipe = LocalRecipe(optimizer="sgd", learning_rate=1e-3, epochs=5, batch_size=8, clip_norm=1e6)
    free = train_client(ENGLISH, base, client(features), recipe)
    held = train_client(ENGLISH, base, client(features), replace(recipe, fedprox_mu=200.0))
    assert np.linalg.norm(drift(held, base)) < 0.9 * np.linalg.norm(drift(free, base))


@pytest.mark.parametrize(
    "recipe",
    [RECIPE, SGD, replace(RECIPE, epochs=2), replace(SGD, fedprox_mu=0.5), replace(SGD, clip_norm=1e-2)],
)
def test_a_stack_trains_each_client_as_plain_pytorch_does(
    base: Weights, features: NDArray[np.float32], recipe: LocalRecipe
) -> None:
    clients = [client(features, count, seed) for seed, count in enumerate((5, 24, 8, 1))]
    stacked = train_stacked(ENGLISH, base, clients, recipe)
    for one, found in zip(clients, stacked, strict=True):
        plain = train_client(ENGLISH, base, one, recipe)
        apart = np.linalg.norm(drift(found, base) - drift(plain, base))
        assert apart < 1e-3 * np.linalg.norm(drift(plain, base))
        assert found.loss_before == pytest.approx(plain.loss_before, rel=1e-5)
        assert found.loss_after == pytest.approx(plain.loss_after, rel=1e-4)


def test_what_is_not_finite_says_so_and_harms_no_other(base: Weights, features: NDArray[np.float32]) -> None:
    poisoned = features.copy()
    poisoned[0, 0, 0] = np.nan
    assert not train_client(ENGLISH, base, client(poisoned), RECIPE).is_finite
    healthy, broken = train_stacked(ENGLISH, base, [client(features), client(poisoned)], RECIPE)
    assert healthy.is_finite
    assert not broken.is_finite


def test_nothing_to_train_is_an_error(features: NDArray[np.float32]) -> None:
    nothing = Examples.of(features, TARGETS).take(torch.arange(0))
    with pytest.raises(ValueError, match="at least one"):
        Client(nothing, seed=1)
