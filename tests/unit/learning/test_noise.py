import hashlib
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe.errors import FedswipeError
from fedswipe.events import DeltaCodec
from fedswipe.learning.aggregation import Sum
from fedswipe.learning.delta import encode_delta
from fedswipe.learning.discrete_gaussian import LARGEST_SIGMA, STEPS
from fedswipe.learning.folding import Folding
from fedswipe.learning.noise import add_noise, check_key, commitment, release, seed_of
from fedswipe.learning.recipe import LARGEST_NOISE_BITS, Recipe

KEY = b"a key of at least thirty-two characters"
RECIPE = Recipe(deltas=8, max_norm=2.0, noise=1.5, over_norm="clip")
PARENT = "ab" * 32


def total(*values: int, count: int = 3) -> Sum:
    return Sum(np.array(values, np.int64), count, count)


def test_the_same_window_has_the_same_noise_and_the_seed_makes_it_again() -> None:
    sum_ = total(5, -7, 2**40)
    released, promised = release(sum_, RECIPE, PARENT, KEY)
    again, _ = release(total(5, -7, 2**40), RECIPE, PARENT, KEY)
    seed = seed_of(KEY, PARENT, RECIPE, sum_)
    assert promised == commitment(seed) == hashlib.sha256(seed).hexdigest()
    assert released.total.tolist() == again.total.tolist() == add_noise(sum_, RECIPE, seed).total.tolist()
    assert (released.total != sum_.total).all()
    assert sum_.total.tolist() == [5, -7, 2**40]


def test_whatever_differs_has_another_seed() -> None:
    """Two models with one noise would tell the difference of their sums, without any."""
    other = replace(RECIPE, noise=1.6)
    seeds = {
        seed_of(KEY, PARENT, RECIPE, total(5, 6)),
        seed_of(KEY, PARENT, RECIPE, total(5, 7)),
        seed_of(KEY, PARENT, other, total(5, 6)),
        seed_of(KEY, "cd" * 32, RECIPE, total(5, 6)),
        seed_of(KEY[1:], PARENT, RECIPE, total(5, 6)),
    }
    assert len(seeds) == 5


def test_its_width_is_the_multiplier_times_what_one_client_changes() -> None:
    size = 100_000
    released, _ = release(Sum(np.zeros(size, np.int64), 1, 1), RECIPE, PARENT, KEY)
    width = 1.5 * (2.0 + math.sqrt(size) * 2.0**-16)
    assert np.std(released.total * 2.0**-24) == pytest.approx(width, rel=4 / math.sqrt(2 * size))


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.001, 1.0, 60.0]), st.integers(1, 500))
def test_no_client_changes_the_sum_by_more_than_that(seed: int, scale: float, size: int) -> None:
    values = np.random.default_rng(seed).normal(0, scale, size).clip(-8, 8).astype(np.float32)
    folding = Folding(RECIPE, (size,))
    assert folding.judge(encode_delta(values, DeltaCodec.FP32), DeltaCodec.FP32) is None
    folding.add(RECIPE.weight(99, 0))
    norm = math.sqrt(sum(int(x) ** 2 for x in folding.sum.total)) * 2.0**-24
    assert norm <= RECIPE.max_norm + math.sqrt(size) * 2.0**-16
    assert folding.sum.weight == 1


def test_the_sum_is_over_the_recipes_deltas_however_few_came() -> None:
    released, _ = release(total(1, count=2), RECIPE, PARENT, KEY)
    assert (released.weight, released.count) == (8, 2)


def test_a_window_that_is_not_private_or_folded_nothing_stays_as_it_is() -> None:
    plain, nothing = total(1), total(0, count=0)
    assert release(plain, replace(RECIPE, noise=0.0), PARENT, None) == (plain, None)
    assert release(nothing, RECIPE, PARENT, None) == (nothing, None)


def test_without_a_key_there_is_no_private_model() -> None:
    with pytest.raises(FedswipeError, match="noise: a private window needs a key"):
        release(total(1), RECIPE, PARENT, None)
    with pytest.raises(FedswipeError, match="WHERE: the key has 31 characters, give 32 or more"):
        check_key("k" * 31, "WHERE")
    with pytest.raises(FedswipeError, match="WHERE: holds several keys"):
        check_key(f"{'k' * 32},{'l' * 32}", "WHERE")
    assert check_key("k" * 32, "WHERE") == b"k" * 32


def test_no_noise_that_a_recipe_allows_can_overflow() -> None:
    widest = 2.0**50 / 2.0**24 / (8.0 + 1) * 0.999
    recipe = replace(RECIPE, noise=widest, max_norm=8.0)
    released, _ = release(total(2**60), recipe, PARENT, KEY)
    assert 2**LARGEST_NOISE_BITS * (STEPS + 1) + 2**60 < 2**62
    assert LARGEST_SIGMA > 2**LARGEST_NOISE_BITS
    assert abs(int(released.total[0])) < 2**62
