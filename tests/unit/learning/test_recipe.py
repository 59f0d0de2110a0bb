import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe.errors import FedswipeError
from fedswipe.learning.recipe import CHOICES, KRUM, STALENESS_ONE, Recipe
from fedswipe.learning.robust import RULES
from fedswipe.learning.server_optimizers import OPTIMIZERS


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
        ({"server_decay": -1}, "server_decay is -1, must be 0"),
        ({"staleness": ()}, "staleness"),
        ({"staleness": (1024, 0)}, "staleness"),
        ({"staleness": (1025,)}, "staleness"),
        ({"staleness": (1,) * 257}, "staleness"),
        ({"scale_bits": 15}, "scale_bits"),
        ({"deltas": 10**6, "max_examples": 10**6}, "max_examples"),
        ({"max_value": 2.0**40}, "max_value"),
        ({"optimizer": "magic"}, "optimizer is 'magic'; there are fedavg, fedavgm"),
        ({"rule": "mode"}, "rule is 'mode'; there are mean, median"),
        ({"over_norm": "forget"}, "over_norm is 'forget'; there are refuse, clip"),
        ({"momentum": 1.0}, "momentum is 1.0, must be from 0 to below 1"),
        ({"beta1": -0.1}, "beta1"),
        ({"beta2": float("nan")}, "beta2"),
        ({"tau": 0.0}, "tau is 0.0, must be above 0"),
        ({"byzantine": 0.5}, "byzantine is 0.5, must be from 0 to below 0.5"),
        (
            {"rule": "krum", "max_norm": 1025.0},
            "max_norm is 1025, by rule krum with 32 deltas it may be 1024",
        ),
        ({"noise": -1.0}, "noise is -1.0, must be 0"),
        ({"noise": float("nan")}, "noise is nan"),
        ({"noise": 0.001}, "noise is 0.001, must be 0 .none. or 0.01 or more"),
        ({"noise": 1.0}, "noise is 1 with rule mean and over_norm refuse: only a mean of clipped"),
        ({"noise": 1.0, "over_norm": "clip", "rule": "median"}, "set rule to mean, over_norm to clip"),
        ({"noise": 1e7, "over_norm": "clip"}, "noise x max_norm x 2.scale_bits is near 2.50: lower"),
        ({"privacy_delta": 0.0}, "privacy_delta is 0.0, must be between 0 and 1"),
        ({"rule": "multi_krum", "deltas": 1_000, "max_norm": 600.0}, "may be 512 at most"),
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
        b'{"beta1":0.9,"beta2":0.99,"byzantine":0.2,"code_version":6,"deltas":32,"max_examples":100,'
        b'"max_norm":64.0,"max_value":8.0,"momentum":0.9,"noise":0.0,"optimizer":"fedavg",'
        b'"over_norm":"refuse","privacy_delta":1e-6,"records":1000,"rule":"mean","scale_bits":24,'
        b'"seconds":300.0,"server_decay":0,"server_learning_rate":1.0,'
        b'"staleness":[1024,724,591,512,458,418],"tau":0.001}'
    )


def test_what_an_earlier_code_wrote_is_read_as_it_was_meant_and_written_as_it_was() -> None:
    data = (
        b'{"code_version":2,"deltas":16,"max_examples":100,"max_norm":64.0,"max_value":8.0,'
        b'"optimizer":"fedavg","records":1000,"scale_bits":24,"seconds":300.0,"server_learning_rate":1.0,'
        b'"staleness":[1024,724,591,512,458,418]}'
    )
    recipe = Recipe.from_bytes(data)
    assert recipe == Recipe(deltas=16, code_version=2)
    assert (recipe.rule, recipe.over_norm) == ("mean", "refuse")
    assert recipe.to_bytes() == data


def test_a_recipe_of_the_code_before_private_windows_is_read_and_written_as_it_was() -> None:
    data = (
        b'{"beta1":0.9,"beta2":0.99,"byzantine":0.2,"code_version":3,"deltas":32,"max_examples":100,'
        b'"max_norm":64.0,"max_value":8.0,"momentum":0.9,"optimizer":"fedavg","over_norm":"refuse",'
        b'"records":1000,"rule":"mean","scale_bits":24,"seconds":300.0,"server_learning_rate":1.0,'
        b'"staleness":[1024,724,591,512,458,418],"tau":0.001}'
    )
    recipe = Recipe.from_bytes(data)
    assert recipe == Recipe(code_version=3)
    assert recipe.noise == 0.0
    assert recipe.to_bytes() == data


def test_a_recipe_of_the_code_before_falling_rates_is_read_and_written_as_it_was() -> None:
    data = (
        b'{"beta1":0.9,"beta2":0.99,"byzantine":0.2,"code_version":4,"deltas":32,"max_examples":100,'
        b'"max_norm":64.0,"max_value":8.0,"momentum":0.9,"noise":0.0,"optimizer":"fedavg",'
        b'"over_norm":"refuse","privacy_delta":1e-6,"records":1000,"rule":"mean","scale_bits":24,'
        b'"seconds":300.0,"server_learning_rate":1.0,"staleness":[1024,724,591,512,458,418],"tau":0.001}'
    )
    recipe = Recipe.from_bytes(data)
    assert recipe == Recipe(code_version=4)
    assert recipe.rate(1, 1) == recipe.rate(1_000, 1) == 1.0
    assert recipe.to_bytes() == data


def test_a_recipe_of_the_code_before_forgotten_clients_is_read_and_written_as_it_was() -> None:
    data = Recipe().to_bytes().replace(b'"code_version":6', b'"code_version":5')
    recipe = Recipe.from_bytes(data)
    assert recipe == Recipe(code_version=5)
    assert (recipe.forgets, Recipe().forgets) == (False, True)
    assert recipe.to_bytes() == data


def test_every_rule_and_optimiser_that_may_be_named_is_there() -> None:
    assert CHOICES["optimizer"] == tuple(OPTIMIZERS)
    assert CHOICES["rule"] == ("mean", *RULES)
    assert set(KRUM) < set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_by_a_robust_rule_each_delta_counts_once(rule: str) -> None:
    assert Recipe(rule=rule).weight(99, 3) == 1


def test_in_a_private_window_each_delta_counts_once() -> None:
    """What a client claims must not make its part in the sum longer than the noise hides."""
    assert Recipe(noise=1.0, over_norm="clip").weight(99, 0) == 1
