from dataclasses import dataclass, field, fields

import pytest

from fedswipe.environment import read_settings, setting, settings_table
from fedswipe.errors import FedswipeError


@dataclass(frozen=True)
class Short:
    epochs: int = setting("T_EPOCHS", "passes", 2, least=0, most=50)
    device: str = setting("T_DEVICE", "device", "auto", choices=("auto", "cpu"))
    rate: float = setting("T_RATE", "learning rate", 0.5)


@dataclass(frozen=True)
class Long:
    epochs: int = field(default=2, metadata={"env": "T_EPOCHS", "help": "passes", "least": 0, "most": 50})
    device: str = field(
        default="auto", metadata={"env": "T_DEVICE", "help": "device", "choices": ("auto", "cpu")}
    )
    rate: float = field(default=0.5, metadata={"env": "T_RATE", "help": "learning rate"})


def test_a_setting_says_what_its_metadata_would() -> None:
    assert [dict(short.metadata) for short in fields(Short)] == [dict(long.metadata) for long in fields(Long)]
    assert settings_table(Short) == settings_table(Long)
    assert read_settings(Short, {}) == Short(2, "auto", 0.5)


@pytest.mark.parametrize(("variable", "value"), [("T_EPOCHS", "-1"), ("T_EPOCHS", "51"), ("T_DEVICE", "tpu")])
def test_a_setting_has_its_limits(variable: str, value: str) -> None:
    with pytest.raises(FedswipeError, match=variable):
        read_settings(Short, {variable: value})
