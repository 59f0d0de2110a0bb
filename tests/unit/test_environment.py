from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fedswipe.environment import read_settings, settings_table
from fedswipe.errors import FedswipeError


@dataclass(frozen=True)
class Settings:
    epochs: int = field(default=2, metadata={"env": "T_EPOCHS", "help": "passes", "least": 1, "most": 50})
    rate: float = field(default=0.5, metadata={"env": "T_RATE", "help": "learning rate"})
    proximal: bool = field(default=False, metadata={"env": "T_PROX", "help": "FedProx"})
    device: str = field(
        default="auto", metadata={"env": "T_DEVICE", "help": "device", "choices": ("auto", "cpu")}
    )
    origins: tuple[str, ...] = field(default=(), metadata={"env": "T_ORIGINS", "help": "allowed origins"})
    layout: str | None = field(default=None, metadata={"env": "T_LAYOUT", "help": "a layout"})
    seconds: float | None = field(default=None, metadata={"env": "T_SECONDS", "help": "a limit"})
    inner: object = None


@dataclass(frozen=True)
class Needy:
    name: str = field(metadata={"env": "T_NAME", "help": "the service's name"})


def test_defaults_stay_where_nothing_is_set() -> None:
    assert read_settings(Settings, {"UNRELATED": "x"}) == Settings()


def test_every_type_is_converted() -> None:
    environ = {"T_EPOCHS": " 7 ", "T_RATE": "1e-3", "T_PROX": "True", "T_DEVICE": "cpu"}
    environ |= {"T_ORIGINS": "http://a, http://b,", "T_LAYOUT": "qwerty-en", "T_SECONDS": "2"}
    expected = Settings(7, 0.001, True, "cpu", ("http://a", "http://b"), "qwerty-en", 2.0)
    assert read_settings(Settings, environ) == expected


def test_an_empty_optional_is_none() -> None:
    assert read_settings(Settings, {"T_LAYOUT": "", "T_SECONDS": " "}) == Settings()


def test_other_fields_come_from_the_caller() -> None:
    assert read_settings(Settings, {}, inner=3).inner == 3


@pytest.mark.parametrize(
    ("variable", "value", "remedy"),
    [
        ("T_EPOCHS", "three", "a whole number"),
        ("T_EPOCHS", "0", "1 or more"),
        ("T_EPOCHS", "51", "50 or less"),
        ("T_EPOCHS", "", "a whole number"),
        ("T_RATE", "nan", "a number"),
        ("T_PROX", "perhaps", "true or false"),
        ("T_DEVICE", "tpu", "one of auto, cpu"),
    ],
)
def test_an_error_names_variable_value_and_remedy(variable: str, value: str, remedy: str) -> None:
    with pytest.raises(FedswipeError) as error:
        read_settings(Settings, {variable: value})
    assert str(error.value).startswith(f"{variable}={value!r}: give {remedy}")


def test_a_required_variable_is_named() -> None:
    with pytest.raises(FedswipeError, match="T_NAME: not set; set it to the service's name"):
        read_settings(Needy, {})


def test_the_table_lists_each_variable_with_its_default() -> None:
    lines = settings_table(Settings).splitlines()
    assert lines[0] == "| variable | default | meaning |"
    assert lines[2] == "| `T_EPOCHS` | `2` | passes |"
    assert "| `T_PROX` | `false` | FedProx |" in lines
    assert "| `T_ORIGINS` | (empty) | allowed origins |" in lines
    assert "(required)" in settings_table(Needy)


@dataclass(frozen=True)
class Secretive:
    key: str = field(metadata={"env": "T_KEY", "help": "the key", "secret": True})


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s3cret\n")
    assert read_settings(Secretive, {"T_KEY_FILE": str(file)}) == Secretive("s3cret")
    assert read_settings(Secretive, {"T_KEY_FILE": str(file), "T_KEY": "nearer"}) == Secretive("nearer")


def test_a_secrets_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(FedswipeError, match="T_KEY_FILE='/nowhere/key': give a file"):
        read_settings(Secretive, {"T_KEY_FILE": "/nowhere/key"})


def test_only_a_secret_is_looked_for_in_a_file(tmp_path: Path) -> None:
    assert read_settings(Settings, {"T_EPOCHS_FILE": str(tmp_path)}) == Settings()
