from collections.abc import Iterator

import pytest
import torch

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.pretraining import FIRST_SEARCH, PretrainingRecipe, one_cycle, pretrain
from fedswipe.learning.weights import Weights, search_weights, to_bytes, verify
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.styles import FACTORY

ENGLISH = Architecture(load_layout("qwerty-en"))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def factory(seed: int, losses: list[float]) -> Weights:
    recipe = PretrainingRecipe(swipes=160, held_out=16, batch_size=16)
    lexicon = load_lexicon("en-10k")
    return pretrain(ENGLISH, lexicon, FACTORY, recipe, seed, lambda done, total, loss: losses.append(loss))


def test_the_seed_decides_every_byte_of_a_whole_model() -> None:
    losses: list[float] = []
    first, again, other = (factory(seed, losses) for seed in (1, 1, 2))
    verify(first, ENGLISH)
    assert search_weights(first) != FIRST_SEARCH
    assert to_bytes(first) == to_bytes(again)
    assert to_bytes(first) != to_bytes(other)
    assert len(losses) == 3 * 160 // 16
    assert losses[9] < 0.8 * losses[0]


def test_the_learning_rate_rises_to_its_peak_and_falls_to_nothing() -> None:
    rates = [one_cycle(done / 100) for done in range(101)]
    assert rates[0] == 0.04
    assert max(rates) == rates[30] == 1
    assert rates[100] == 0
    assert rates == sorted(rates[:30]) + sorted(rates[30:], reverse=True)
