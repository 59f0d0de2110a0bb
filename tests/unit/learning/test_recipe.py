import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe.errors import FedswipeError
from fedswipe.learning.recipe import STALENESS_ONE, Recipe


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"deltas": 0}, "deltas"),
        ({"records": -1}, "records"),
        ({"seconds": 0.0}, "seconds"),
        ({"max_value": float("nan")}, "max_value"),
        ({"max_norm": 0.0}, "max_norm"),
        ({"max_norm": float("inf")}, "max_norm"),
        ({"max_examples": 0}, "max_examples"),
        ({"server_learning_rate": float("nan")}, "server_learning_rate"),
        ({"staleness": ()}, "staleness"),
        ({"staleness": (1024, 0)}, "staleness"),
        ({"staleness": (1025,)}, "staleness"),
        ({"staleness": (1,) * 257}, "staleness"),
        ({"scale_bits": 15}, "scale_bits"),
        ({"deltas": 10**6, "max_examples": 10**6}, "max_examples"),
        ({"max_value": 2.0**40}, "max_value"),
    ],
)
def test_a_bad_number_is_refused_by_name(changed: dict[str, object], named: str) -> None:
    with pytest.raises(FedswipeError, match=named):
        Recipe(**changed)  # type: ignore[arg-type]


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.sampled_from([1.0, 8.0, 1000.0]))
def test_what_could_overflow_is_refused_and_nothing_else(
    deltas: int, examples: int, max_value: float
) -> None:
    largest = deltas * examples * STALENESS_ONE * int(max_value) * 2**24
    try:
        Recipe(deltas=deltas, max_examples=examples, max_value=max_value)
    except FedswipeError:
        assert largest >= 2**62
    else:
        assert largest < 2**62


def test_a_weight_is_the_capped_examples_times_the_staleness_factor() -> None:
    recipe = Recipe(max_examples=10, staleness=(1024, 700))
    assert [recipe.weight(3, 0), recipe.weight(3, 1), recipe.weight(11, 1)] == [3072, 2100, 7000]
    assert recipe.staleness_bound == 1


def test_the_default_factors_are_fedbuffs() -> None:
    factors = Recipe().staleness
    assert factors == tuple(round(STALENESS_ONE / (1 + age) ** 0.5) for age in range(len(factors)))


@given(st.integers(1, 100), st.floats(0.1, 1e6), st.lists(st.integers(1, 1024), min_size=1, max_size=9))
def test_it_comes_back_from_canonical_bytes(deltas: int, seconds: float, staleness: list[int]) -> None:
    recipe = Recipe(deltas=deltas, seconds=seconds, staleness=tuple(staleness))
    assert Recipe.from_bytes(recipe.to_bytes()) == recipe
    assert Recipe.from_bytes(recipe.to_bytes()).to_bytes() == recipe.to_bytes()


def test_its_bytes_hold_every_field_in_order_of_name() -> None:
    assert Recipe().to_bytes() == (
        b'{"code_version":3,"deltas":32,"max_examples":100,"max_norm":64.0,"max_value":8.0,'
        b'"optimizer":"fedavg","records":1000,"scale_bits":24,"seconds":300.0,"server_learning_rate":1.0,'
        b'"staleness":[1024,724,591,512,458,418]}'
    )
