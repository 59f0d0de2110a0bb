from dataclasses import replace
from pathlib import Path

import pytest

from fedswipe.errors import FedswipeError
from fedswipe.runs.config import Config, read_config
from fedswipe.training.augmentation import Augmentation
from services.aggregator.settings import Settings as AggregatorSettings

EXAMPLE = Path(__file__).parents[3] / "examples/learning.toml"


def write(folder: Path, text: str) -> Path:
    file = folder / "learning.toml"
    file.write_text(text)
    return file


def test_what_is_not_said_keeps_its_default(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, "seed = 7\n[simulate.local]\nlearning_rate = 0.001\n"))
    assert config.seed == 7
    assert config.simulate.local.learning_rate == 0.001
    assert config.simulate.local.batch_size == Config().simulate.local.batch_size
    assert read_config(None) == Config()


def test_what_is_not_said_in_a_section_keeps_the_run_s_default_not_the_class_s(tmp_path: Path) -> None:
    """A part of a section would take the federation's optimiser away, or central training's spelling."""
    text = "[simulate.window]\ndeltas = 16\n[train.training]\nbatch_size = 32\n[simulate.augmentation]\n"
    config = read_config(write(tmp_path, text))
    assert config.simulate.window == replace(Config().simulate.window, deltas=16)
    assert config.simulate.window.optimizer == "fedadam"
    assert config.train.training == replace(Config().train.training, batch_size=32)
    assert config.simulate.augmentation == Augmentation()


def test_a_run_s_window_steps_as_the_aggregator_does() -> None:
    recipe = AggregatorSettings.from_env({}).recipe()
    assert replace(Config().simulate.window, deltas=recipe.deltas) == recipe


def test_the_example_is_read() -> None:
    assert read_config(EXAMPLE).lineage == "swipe-en"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sed = 1", "sed is unknown; there are"),
        ("[simulate.local]\nlearning_rat = 1", "simulate.local.learning_rat is unknown"),
        ("[train]\nepochs = 'many'", "train.epochs"),
        ("[simulate]\ncodec = 'FP8'", "simulate.codec"),
        ("[simulate.window]\ndeltas = 0", "deltas is 0"),
        ("seed = ", "--config"),
        ("[simulate.augmentation]\nscal = 1", "simulate.augmentation.scal is unknown"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FedswipeError) as error:
        read_config(write(tmp_path, text))
    assert said in str(error.value)
