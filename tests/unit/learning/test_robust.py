"""The robust rules against their papers' definitions in Python's integers and fractions."""

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from fedswipe.learning import robust
from fedswipe.learning.aggregation import mean
from fedswipe.learning.fixed_point import quantize
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.robust import RULES, Kept, squared_distances

SIZE = 4
BITS = Recipe().scale_bits
some = st.lists(arrays(np.float32, SIZE, elements=st.floats(-8, 8, width=32)), min_size=1, max_size=9)
few = st.lists(  # so that there are equal values, and equal scores
    arrays(np.float32, SIZE, elements=st.sampled_from([-1.0, 0.0, 1.0])), min_size=1, max_size=9
)
shares = st.sampled_from([0.0, 0.1, 0.2, 0.34, 0.49])


def kept(deltas: list[NDArray[np.float32]], recipe: Recipe) -> Kept:
    found = Kept(recipe, SIZE)
    for delta in deltas:
        found.add(quantize(delta, recipe.scale_bits).astype(np.float64), 0.0, 1)
    return found


def exact(found: Kept) -> list[Fraction]:
    sum_ = found.sum
    return [Fraction(total, sum_.weight) for total in sum_.total.tolist()]


def whole(deltas: list[NDArray[np.float32]]) -> list[list[int]]:
    return [quantize(delta, BITS).tolist() for delta in deltas]


def plain_krum(deltas: list[NDArray[np.float32]], share: float) -> list[int]:
    """Positions, best first, and as many as Multi-Krum takes."""
    rows = [[value >> (BITS - 16) for value in row] for row in whole(deltas)]
    count = len(rows)
    bad = min(math.floor(share * count), max(count - 3, 0) // 2)
    scores = []
    for one in range(count):
        distances = sorted(
            sum((a - b) ** 2 for a, b in zip(rows[one], rows[other], strict=True))
            for other in range(count)
            if other != one
        )
        scores.append((sum(distances[: max(count - bad - 2, 0)]), one))
    return [position for _, position in sorted(scores)][: count - bad]


@given(some | few)
def test_the_median_is_that_of_every_number(deltas: list[NDArray[np.float32]]) -> None:
    columns = zip(*whole(deltas), strict=True)
    plain = [statistics.median([Fraction(value) for value in column]) for column in columns]
    assert exact(kept(deltas, Recipe(rule="median"))) == plain


@given(some | few, shares)
def test_the_trimmed_mean_is_that_of_every_number(deltas: list[NDArray[np.float32]], share: float) -> None:
    cut = math.floor(share * len(deltas))
    columns = [sorted(column)[cut : len(deltas) - cut] for column in zip(*whole(deltas), strict=True)]
    plain = [Fraction(sum(column), len(column)) for column in columns]
    assert exact(kept(deltas, Recipe(rule="trimmed_mean", byzantine=share))) == plain


@given(some | few, shares)
def test_krum_takes_the_delta_whose_neighbours_are_nearest(
    deltas: list[NDArray[np.float32]], share: float
) -> None:
    best = plain_krum(deltas, share)[0]
    found = kept(deltas, Recipe(rule="krum", byzantine=share)).sum
    assert (found.total.tolist(), found.weight) == (whole(deltas)[best], 1)


@given(some | few, shares)
def test_multi_krum_takes_the_mean_of_the_best(deltas: list[NDArray[np.float32]], share: float) -> None:
    taken, rows = plain_krum(deltas, share), whole(deltas)
    found = kept(deltas, Recipe(rule="multi_krum", byzantine=share)).sum
    assert found.total.tolist() == [sum(column) for column in zip(*(rows[i] for i in taken), strict=True)]
    assert (found.weight, found.count) == (len(taken), len(deltas))


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=15)
@given(left=some, right=some)
def test_parts_merge_to_the_whole(
    rule: str, left: list[NDArray[np.float32]], right: list[NDArray[np.float32]]
) -> None:
    recipe = Recipe(rule=rule)
    apart = kept(left, recipe).merge(kept(right, recipe)).sum
    together = kept(left + right, recipe).sum
    assert apart.total.tobytes() == together.total.tobytes()
    assert (apart.weight, apart.count) == (together.weight, together.count)


@pytest.mark.parametrize("rule", ["median", "trimmed_mean"])
@settings(max_examples=15)
@given(deltas=some, order=st.randoms(use_true_random=False))
def test_the_order_does_not_matter(rule: str, deltas: list[NDArray[np.float32]], order: object) -> None:
    shuffled = order.sample(deltas, len(deltas))  # type: ignore[attr-defined]
    recipe = Recipe(rule=rule)
    assert kept(shuffled, recipe).sum.total.tobytes() == kept(deltas, recipe).sum.total.tobytes()


@pytest.mark.parametrize("rule", RULES)
def test_a_few_hostile_deltas_do_not_move_it_far(rule: str) -> None:
    random = np.random.default_rng(0)
    honest = [random.normal(0.5, 0.01, SIZE).astype(np.float32) for _ in range(8)]
    hostile = [np.full(SIZE, 8.0, np.float32), np.full(SIZE, -8.0, np.float32)]
    recipe = Recipe(rule=rule)
    found = kept([hostile[0], *honest, hostile[1]], recipe)
    np.testing.assert_allclose(mean(found.sum, recipe.scale_bits), 0.5, atol=0.03)


@pytest.mark.parametrize("rule", RULES)
def test_nothing_makes_a_sum_of_nothing(rule: str) -> None:
    sum_ = Kept(Recipe(rule=rule), SIZE).sum
    assert (sum_.total.tolist(), sum_.weight, sum_.count) == ([0] * SIZE, 0, 0)


def test_a_row_has_four_bytes_a_number_where_they_suffice() -> None:
    one = [np.full(SIZE, -8.0, np.float32)]
    assert kept(one, Recipe(rule="median")).rows[0].nbytes == 4 * SIZE
    wide = Recipe(rule="median", deltas=2, max_examples=2, scale_bits=40)
    assert kept(one, wide).sum.total.tolist() == [-8 << 40] * SIZE


def test_the_largest_distances_are_exact() -> None:
    """At the recipe's bound on the norm a sum of products is just within float64; blocks change nothing."""
    recipe, size = Recipe(rule="krum", deltas=256, max_value=8.0, max_norm=1024.0), 3 * robust.BLOCK + 7
    side = recipe.max_norm / size**0.5
    rows = [np.full(size, value * 2**BITS, np.int64) for value in (side, -side, side - 2.0**-16)]
    coarse = [[int(value) for value in row >> (BITS - 16)] for row in rows]
    plain = [[sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) for b in coarse] for a in coarse]
    assert squared_distances(rows, recipe).tolist() == plain
