from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fedswipe.errors import FedswipeError
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.targets import target
from fedswipe.learning.weights import to_bytes, verify, with_search
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.training.central import CentralRecipe, CentralTraining, one_cycle, shuffled
from fedswipe.training.examples import Examples
from fedswipe.training.network import fresh_weights

LAYOUT = load_layout("qwerty-en")
ENGLISH = Architecture(LAYOUT)
WEIGHTS = with_search(fresh_weights(ENGLISH, 0), SearchWeights(0.3, 1.0, 1.0))
WORDS = ["hello", "a", "letter", "kafka", "swipe", "federation"] * 2
EXAMPLES = Examples.of(
    np.random.default_rng(0).normal(size=(len(WORDS), 64, ENGLISH.channels)).astype(np.float32),
    [target(LAYOUT, word) for word in WORDS],
)
STEPS = 6


def training(pool: ThreadPoolExecutor, parts: int) -> CentralTraining:
    return CentralTraining(ENGLISH, WEIGHTS, CentralRecipe(batch_size=6), STEPS, pool, parts)


def go_on(run: CentralTraining, epochs: range) -> list[float]:
    return [
        run.step(batch, random)
        for epoch in epochs
        for random in [np.random.default_rng(epoch)]
        for batch in shuffled(EXAMPLES, 6, random)
    ]


def test_the_loss_falls_and_the_model_is_whole() -> None:
    with ThreadPoolExecutor(2) as pool:
        run = training(pool, 2)
        losses = go_on(run, range(3))
    assert losses[-1] < 0.7 * losses[0]
    verify(run.weights, ENGLISH)
    assert run.done == STEPS


def test_equal_arguments_give_equal_bytes_whatever_thread_is_first() -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = [training(pool, 2) for _ in range(2)]
        for run in runs:
            go_on(run, range(1))
    assert to_bytes(runs[0].weights) == to_bytes(runs[1].weights)


def test_parts_change_a_batchs_gradient_by_rounding_only() -> None:
    found = []
    for parts in (1, 3):
        with ThreadPoolExecutor(parts) as pool:
            run = training(pool, parts)
            go_on(run, range(1))
            found.append(ENGLISH.join(run.weights))
    # Each part drops other units, so the way is another one, but the losses' scale is the same.
    assert np.linalg.norm(found[0] - found[1]) < np.linalg.norm(found[0] - ENGLISH.join(WEIGHTS))


def test_a_run_that_was_cut_goes_on_to_the_same_bytes() -> None:
    with ThreadPoolExecutor(1) as pool:
        whole, first, second = (training(pool, 1) for _ in range(3))
        go_on(whole, range(3))
        go_on(first, range(1))
        second.restore(first.to_bytes())
        assert second.done == first.done == 2
        go_on(second, range(1, 3))
    assert to_bytes(second.weights) == to_bytes(whole.weights)


def test_the_state_of_another_network_is_refused() -> None:
    other = Architecture(load_layout("jcuken-ru"))
    weights = with_search(fresh_weights(other, 0), SearchWeights(0.3, 1.0, 1.0))
    with ThreadPoolExecutor(1) as pool:
        saved = CentralTraining(other, weights, CentralRecipe(), STEPS, pool, 1).to_bytes()
        with pytest.raises(FedswipeError, match="another network"):
            training(pool, 1).restore(saved)


def test_the_learning_rate_rises_to_its_peak_and_falls_to_nothing() -> None:
    rates = [one_cycle(done / 100, 0.3) for done in range(101)]
    assert rates[0] == 0.04
    assert max(rates) == rates[30] == 1
    assert rates[100] == 0
    assert rates == sorted(rates[:30]) + sorted(rates[30:], reverse=True)
