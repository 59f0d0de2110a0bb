import socket

import pytest

from fedswipe.errors import FedswipeError
from fedswipe.training.local import LocalRecipe
from services.trainer.app import local_recipe
from services.trainer.settings import Settings

KEYS = {"FEDSWIPE_S3_ACCESS_KEY": "a", "FEDSWIPE_S3_SECRET_KEY": "b"}


def test_the_defaults_are_the_measured_recipe() -> None:
    settings = Settings.from_env(KEYS)
    assert (settings.epochs, settings.batch_size, settings.optimizer) == (1, 16, "sgd")
    assert (local_recipe(settings).rate, settings.clip_norm, settings.codec) == (0.1, 1.0, "FP16")
    assert (settings.range_swipes, settings.range_seconds, settings.repeat_span) == (512, 2.0, 10_000)
    assert settings.transactional_id == f"fedswipe.trainer.{socket.gethostname()}"


@pytest.mark.parametrize(
    ("told", "rate"),
    [({"OPTIMIZER": "adam"}, 2e-3), ({"OPTIMIZER": "adam", "LEARNING_RATE": "0.01"}, 0.01), ({}, 0.1)],
)
def test_an_optimiser_has_a_rate_of_its_own(told: dict[str, str], rate: float) -> None:
    settings = Settings.from_env(KEYS | {f"TRAINER_{name}": value for name, value in told.items()})
    assert local_recipe(settings).rate == rate


def test_how_clients_train_is_told_by_the_environment() -> None:
    told = {
        "TRAINER_SPELLING": "0.5",
        "TRAINER_RATE_DECAY": "80",
        "TRAINER_CALIBRATION": "false",
        "TRAINER_AUGMENTATION": "true",
    }
    recipe = local_recipe(Settings.from_env(KEYS | told))
    assert (recipe.spelling, recipe.decay, recipe.calibrates) == (0.5, 80, False)
    assert Settings.from_env(KEYS | told).augmentation
    assert local_recipe(Settings.from_env(KEYS | {"DEVICE": "cpu"})) == LocalRecipe(), "one set of defaults"


def test_an_instance_has_a_transactional_id_of_its_own() -> None:
    settings = Settings.from_env({**KEYS, "TRAINER_INSTANCE": "two"})
    assert settings.transactional_id == "fedswipe.trainer.two"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TRAINER_EPOCHS", "0"),
        ("TRAINER_OPTIMIZER", "lion"),
        ("DEVICE", "tpu"),
        ("TRAINER_CODEC", "INT3"),
        ("TRAINER_TOPK_SHARE", "0"),
    ],
)
def test_a_wrong_value_is_refused_by_its_variables_name(variable: str, value: str) -> None:
    with pytest.raises(FedswipeError, match=variable):
        Settings.from_env({**KEYS, variable: value})
