from pathlib import Path

import pytest

from fedswipe.errors import FedswipeError
from fedswipe.learning.recipe import FEDADAM, Recipe
from fedswipe.topology import AGGREGATORS, LINEAGES
from services.aggregator.settings import Settings


def test_an_aggregator_folds_every_lineage_unless_it_is_told_which() -> None:
    assert Settings.from_env({}).lineages() == LINEAGES
    assert Settings.from_env({"AGGREGATOR_MODELS": ""}).lineages() == LINEAGES
    (line,) = Settings.from_env({"AGGREGATOR_MODELS": "swipe-ru"}).lineages()
    assert line.model_id == "swipe-ru"


def test_a_lineage_that_is_not_there_is_refused() -> None:
    with pytest.raises(FedswipeError, match="AGGREGATOR_MODELS: swipe-xx: unknown model; there are swipe-en"):
        Settings.from_env({"AGGREGATOR_MODELS": "swipe-en,swipe-xx"}).lineages()


def test_lineages_share_no_group_or_members_would_take_each_others_partition() -> None:
    assert AGGREGATORS.keys() == {line.model_id for line in LINEAGES}
    assert len({group.name for group in AGGREGATORS.values()}) == len(LINEAGES)


def test_without_a_variable_the_recipe_is_the_default_one() -> None:
    assert Settings.from_env({}).recipe() == FEDADAM


def test_every_variable_reaches_the_recipe() -> None:
    recipe = Settings.from_env(
        {
            **{"AGGREGATOR_DELTAS": "7", "AGGREGATOR_RECORDS": "70", "AGGREGATOR_SECONDS": "5"},
            **{"AGGREGATOR_MAX_EXAMPLES": "9", "AGGREGATOR_MAX_NORM": "3", "AGGREGATOR_OVER_NORM": "clip"},
            **{"AGGREGATOR_STALENESS": "hinge", "AGGREGATOR_STALENESS_BOUND": "3"},
            **{"AGGREGATOR_STALENESS_A": "1", "AGGREGATOR_STALENESS_B": "2"},
            **{"AGGREGATOR_RULE": "krum", "AGGREGATOR_BYZANTINE": "0.3"},
            **{"AGGREGATOR_OPTIMIZER": "fedyogi", "AGGREGATOR_LEARNING_RATE": "0.004"},
            **{"AGGREGATOR_RATE_DECAY": "90"},
            **{"AGGREGATOR_MOMENTUM": "0.5", "AGGREGATOR_BETA1": "0.6", "AGGREGATOR_BETA2": "0.7"},
            **{"AGGREGATOR_TAU": "0.1", "AGGREGATOR_PRIVACY_DELTA": "1e-7"},
        }
    ).recipe()
    assert recipe == Recipe(
        **{"deltas": 7, "records": 70, "seconds": 5.0, "max_examples": 9, "max_norm": 3.0},  # type: ignore[arg-type]
        over_norm="clip",
        staleness=(1024, 1024, 1024, 512),
        rule="krum",
        byzantine=0.3,
        optimizer="fedyogi",
        server_learning_rate=0.004,
        server_decay=90,
        momentum=0.5,
        beta1=0.6,
        beta2=0.7,
        tau=0.1,
        privacy_delta=1e-7,
    )
    assert Settings.from_env({"AGGREGATOR_STALENESS": "constant"}).recipe().staleness == (1024,) * 6


@pytest.mark.parametrize(
    ("optimizer", "rate"),
    [("fedavg", 1.0), ("fedavgm", 1.0), ("fedadagrad", 0.003), ("fedadam", 0.003), ("fedyogi", 0.003)],
)
def test_an_adaptive_optimiser_does_not_begin_with_steps_of_one(optimizer: str, rate: float) -> None:
    settings = Settings.from_env({"AGGREGATOR_OPTIMIZER": optimizer})
    assert settings.recipe().server_learning_rate == rate


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("AGGREGATOR_RULE", "mode", "AGGREGATOR_RULE='mode': give one of mean, median"),
        ("AGGREGATOR_OPTIMIZER", "sgd", "give one of fedavg, fedavgm"),
        ("AGGREGATOR_OVER_NORM", "ignore", "give one of refuse, clip"),
        ("AGGREGATOR_STALENESS_BOUND", "256", "give 255 or less"),
        ("AGGREGATOR_BYZANTINE", "0.5", "byzantine is 0.5, must be from 0 to below 0.5"),
        ("AGGREGATOR_TAU", "0", "tau is 0.0, must be above 0"),
        ("AGGREGATOR_NOISE", "-1", "AGGREGATOR_NOISE='-1': give 0.0 or more"),
        ("AGGREGATOR_NOISE", "0.001", "noise is 0.001, must be 0 .none. or 0.01 or more"),
        ("AGGREGATOR_NOISE", "1", "set rule to mean, over_norm to clip"),
        ("AGGREGATOR_PRIVACY_DELTA", "1", "privacy_delta is 1.0, must be between 0 and 1"),
    ],
)
def test_a_bad_value_is_refused_with_the_remedy(variable: str, value: str, named: str) -> None:
    with pytest.raises(FedswipeError, match=named):
        Settings.from_env({variable: value}).recipe()


PRIVATE = {"AGGREGATOR_NOISE": "1", "AGGREGATOR_OVER_NORM": "clip"}


def test_a_private_aggregator_needs_a_key_and_shows_it_to_nobody(tmp_path: Path) -> None:
    key, file = "k" * 32, tmp_path / "key"
    file.write_text(f"{key}\n")
    for where in ({"FEDSWIPE_NOISE_KEY": key}, {"FEDSWIPE_NOISE_KEY_FILE": str(file)}):
        settings = Settings.from_env(PRIVATE | where)
        assert settings.recipe().noise == 1.0
        assert settings.checked_noise_key() == key.encode()
        assert key not in repr(settings)
    assert Settings.from_env({}).checked_noise_key() is None


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("", "FEDSWIPE_NOISE_KEY: not set, and AGGREGATOR_NOISE is 1; set it to the same secret in every"),
        ("short", "FEDSWIPE_NOISE_KEY: the key has 5 characters, give 32 or more"),
    ],
)
def test_without_a_good_key_nothing_starts(key: str, named: str) -> None:
    with pytest.raises(FedswipeError, match=named):
        Settings.from_env(PRIVATE | {"FEDSWIPE_NOISE_KEY": key}).checked_noise_key()
