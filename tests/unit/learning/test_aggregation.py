import random
from fractions import Fraction
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from fedswipe.learning.aggregation import Sum, empty, fold, mean, merge
from fedswipe.learning.fixed_point import quantize
from fedswipe.learning.recipe import Recipe

BITS = Recipe().scale_bits
SIZE = 5
value = st.floats(-8.0, 8.0, width=32)
weighted = st.tuples(arrays(np.float32, SIZE, elements=value), st.integers(1, 100 * 1024))
Weighted = tuple[NDArray[np.float32], int]


def sum_of(deltas: list[Weighted]) -> Sum:
    return reduce(lambda sum_, one: fold(sum_, quantize(one[0], BITS), one[1]), deltas, empty(SIZE))


def same(a: Sum, b: Sum) -> bool:
    return a.total.tobytes() == b.total.tobytes() and (a.weight, a.count) == (b.weight, b.count)


@given(st.lists(weighted, max_size=8), st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_order_and_grouping_gives_the_same_bits(
    deltas: list[Weighted], rng: random.Random, groups: int
) -> None:
    shuffled = rng.sample(deltas, len(deltas))
    shards = [sum_of(shuffled[shard::groups]) for shard in range(groups)]
    rng.shuffle(shards)
    assert same(reduce(merge, shards), sum_of(deltas))


@given(st.lists(weighted, max_size=4), st.lists(weighted, max_size=4))
def test_merging_leaves_both_sums_as_they_were(left: list[Weighted], right: list[Weighted]) -> None:
    a, b = sum_of(left), sum_of(right)
    assert same(merge(a, b), merge(b, a))
    assert same(a, sum_of(left))
    assert same(b, sum_of(right))
    assert same(merge(a, empty(SIZE)), a)


@given(st.lists(weighted, min_size=1, max_size=6))
def test_the_mean_is_the_exact_one_rounded(deltas: list[Weighted]) -> None:
    total = sum(weight for _, weight in deltas)
    fixed = [(quantize(values, BITS).tolist(), weight) for values, weight in deltas]
    exact = [Fraction(sum(v[i] * w for v, w in fixed), total << BITS) for i in range(SIZE)]
    np.testing.assert_allclose(mean(sum_of(deltas), BITS), [float(one) for one in exact], rtol=2.0**-51)


@given(st.lists(weighted, min_size=1, max_size=6))
def test_it_agrees_with_a_mean_in_floating_point(deltas: list[Weighted]) -> None:
    reference = np.average([v.astype(np.float64) for v, _ in deltas], axis=0, weights=[w for _, w in deltas])
    np.testing.assert_allclose(mean(sum_of(deltas), BITS), reference, rtol=1e-9, atol=2.0**-BITS)


def test_a_full_window_of_the_largest_deltas_does_not_overflow() -> None:
    recipe = Recipe(deltas=1_000, max_value=8.0, max_examples=1_000)
    largest = quantize(np.full(2, recipe.max_value, np.float32), recipe.scale_bits)
    weight = recipe.weight(10**9, 0)
    sum_ = empty(2)
    for _ in range(recipe.deltas):
        sum_ = fold(sum_, -largest, weight)
    assert sum_.total.tolist() == [-recipe.deltas * weight * int(largest[0])] * 2
    np.testing.assert_array_equal(mean(sum_, recipe.scale_bits), [-recipe.max_value] * 2)


def test_there_is_no_mean_of_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        mean(empty(3), BITS)
