from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.local_training import DivergedError, LocalRecipe, train_client
from fedswipe.learning.network import ConvGRU, read_weights
from fedswipe.learning.targets import target
from fedswipe.learning.weights import Weights, with_search
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.search_weights import SearchWeights

LAYOUT = load_layout("qwerty-en")
ENGLISH = Architecture(LAYOUT)
WORDS = ["hello", "a", "letter", "kafka", "swipe", "federation"] * 4
TARGETS = [target(LAYOUT, word) for word in WORDS]
RECIPE = LocalRecipe(epochs=1, batch_size=8)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base() -> Weights:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return with_search(read_weights(ConvGRU(ENGLISH)), SearchWeights(0.25, 0.0, 1.0))


@pytest.fixture(scope="module")
def features() -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(len(WORDS), 64, ENGLISH.channels)).astype(np.float32)


@pytest.mark.parametrize("recipe", [RECIPE, LocalRecipe(optimizer="sgd", learning_rate=0.1, batch_size=8)])
def test_training_lowers_the_clients_loss(
    base: Weights, features: NDArray[np.float32], recipe: LocalRecipe
) -> None:
    result = train_client(ENGLISH, base, features, TARGETS, recipe, seed=1)
    assert result.loss_after < result.loss_before


def test_the_result_depends_on_the_seed_alone(base: Weights, features: NDArray[np.float32]) -> None:
    torch.manual_seed(5)
    first = train_client(ENGLISH, base, features, TARGETS, RECIPE, seed=1)
    torch.manual_seed(6)
    again = train_client(ENGLISH, base, features, TARGETS, RECIPE, seed=1)
    other = train_client(ENGLISH, base, features, TARGETS, RECIPE, seed=2)
    np.testing.assert_array_equal(ENGLISH.join(again.weights), ENGLISH.join(first.weights))
    assert not np.array_equal(ENGLISH.join(other.weights), ENGLISH.join(first.weights))


def test_the_callers_generator_and_base_are_left_alone(base: Weights, features: NDArray[np.float32]) -> None:
    flat = ENGLISH.join(base)
    state = torch.get_rng_state()
    train_client(ENGLISH, base, features, TARGETS, RECIPE, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(ENGLISH.join(base), flat)


def test_the_searchs_scalars_are_handed_through(base: Weights, features: NDArray[np.float32]) -> None:
    result = train_client(ENGLISH, base, features, TARGETS, RECIPE, seed=1)
    assert list(result.weights) == list(ENGLISH.shapes)
    assert float(result.weights["search.unigram"]) == 0.25


def test_fedprox_stays_nearer_to_the_base(base: Weights, features: NDArray[np.float32]) -> None:
    recipe = LocalRecipe(optimizer="sgd", learning_rate=0.05, epochs=3, batch_size=8, clip_norm=100)
    free = train_client(ENGLISH, base, features, TARGETS, recipe, seed=1)
    held = train_client(ENGLISH, base, features, TARGETS, replace(recipe, fedprox_mu=5.0), seed=1)
    flat = ENGLISH.join(base)
    drift = [np.linalg.norm(ENGLISH.join(result.weights) - flat) for result in (free, held)]
    assert drift[1] < 0.9 * drift[0]


def test_what_is_not_finite_is_an_error(base: Weights, features: NDArray[np.float32]) -> None:
    poisoned = features.copy()
    poisoned[0, 0, 0] = np.nan
    with pytest.raises(DivergedError, match="diverged"):
        train_client(ENGLISH, base, poisoned, TARGETS, RECIPE, seed=1)


def test_nothing_to_train_is_an_error(base: Weights, features: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        train_client(ENGLISH, base, features[:0], [], RECIPE, seed=1)
