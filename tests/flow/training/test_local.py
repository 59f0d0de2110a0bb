from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.targets import target
from fedswipe.learning.weights import Weights, with_search
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.training.examples import Examples
from fedswipe.training.local import Client, LocalRecipe, LocalResult, train_client
from fedswipe.training.network import fresh_weights
from fedswipe.training.stacked import train_stacked

LAYOUT = load_layout("qwerty-en")
ENGLISH = Architecture(LAYOUT)
WORDS = ["hello", "a", "letter", "kafka", "swipe", "federation"] * 2
TARGETS = [target(LAYOUT, word) for word in WORDS]
RECIPE = LocalRecipe(epochs=1, batch_size=8)
SGD = LocalRecipe(optimizer="sgd", learning_rate=0.1, batch_size=8)


@pytest.fixture(scope="module")
def base() -> Weights:
    return with_search(fresh_weights(ENGLISH, 0), SearchWeights(0.25, 0.0, 1.0))


@pytest.fixture(scope="module")
def features() -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(len(WORDS), 64, ENGLISH.channels)).astype(np.float32)


def test_the_learning_rate_falls_with_the_versions() -> None:
    recipe = LocalRecipe(learning_rate=3e-3, decay=50)
    assert [recipe.at(version).learning_rate for version in (1, 51, 101)] == pytest.approx(
        [3e-3, 1.5e-3, 1e-3]
    )
    assert LocalRecipe().at(1_000) == LocalRecipe()


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
    recipe = LocalRecipe(optimizer="sgd", learning_rate=1e-3, epochs=3, batch_size=8, clip_norm=1e6)
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
    clients = [client(features, count, seed) for seed, count in enumerate((5, 12, 8, 1))]
    stacked = train_stacked(ENGLISH, base, clients, recipe)
    for one, found in zip(clients, stacked, strict=True):
        plain = train_client(ENGLISH, base, one, recipe)
        apart = np.linalg.norm(drift(found, base) - drift(plain, base))
        assert apart < 1e-3 * np.linalg.norm(drift(plain, base))
        assert found.loss_before == pytest.approx(plain.loss_before, rel=1e-5)
        assert found.loss_after == pytest.approx(plain.loss_after, rel=1e-4)


def test_a_correction_is_added_to_each_gradient(base: Weights, features: NDArray[np.float32]) -> None:
    random = np.random.default_rng(1)
    correction = {name: random.normal(0, 1e-2, a.shape).astype(np.float32) for name, a in base.items()}
    corrected = [replace(client(features, seed=seed), correction=correction) for seed in (1, 2)]
    recipe = LocalRecipe(optimizer="sgd", learning_rate=1e-3, batch_size=16)
    free = train_client(ENGLISH, base, client(features), recipe)
    plain = train_client(ENGLISH, base, corrected[0], recipe)
    stacked, _ = train_stacked(ENGLISH, base, corrected, recipe)
    for name in ENGLISH.network_shapes:
        moved = free.weights[name] - recipe.learning_rate * correction[name]
        np.testing.assert_allclose(plain.weights[name], moved, atol=1e-6)
        np.testing.assert_allclose(stacked.weights[name], moved, atol=1e-6)


def test_what_is_not_finite_says_so_and_harms_no_other(base: Weights, features: NDArray[np.float32]) -> None:
    poisoned = features.copy()
    poisoned[0, 0, 0] = np.nan
    assert not train_client(ENGLISH, base, client(poisoned), RECIPE).is_finite
    healthy, broken = train_stacked(ENGLISH, base, [client(features), client(poisoned)], RECIPE)
    assert healthy.is_finite
    assert not broken.is_finite


def test_nothing_to_train_is_an_error(features: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Client(Examples.of(features, TARGETS).take(torch.arange(0)), seed=1)
