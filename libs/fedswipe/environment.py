"""Reads a service's settings from the environment, by what its frozen dataclass says about each field.

A field says it by `setting`, or where it has no default in its metadata: {"env": VARIABLE, "help": meaning}.
Types: int, float, bool, str, tuple[str, ...] (separated by commas); each may be `| None`, which is then what
an empty variable means. A field that is marked as a secret may also be given by VARIABLE_FILE, which names a
file that holds it (a mounted secret, so that it stands in no process's environment).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

from fedswipe.errors import FedswipeError

S = TypeVar("S")
T = TypeVar("T")
TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
WORDS = dict.fromkeys(TRUE, True) | dict.fromkeys(FALSE, False)


def setting(
    env: str,
    help: str,  # noqa: A002  (the table's column)
    default: T,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[T, ...] | None = None,
) -> T:
    """Declare a field that the variable `env` sets; `least` and `most` are both allowed."""
    limits = {"least": least, "most": most, "choices": choices}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return field(default=default, metadata={"env": env, "help": help, **given})


def read_settings(cls: type[S], environ: Mapping[str, str], **others: Any) -> S:
    """Build `cls` from the environment; a variable that is not set leaves the field's default.

    `others` are fields that this environment does not hold (a nested settings object, say).
    Raises FedswipeError that names the variable, its value and the remedy.
    """
    hints = get_type_hints(cls)
    environ = {**environ, **_secrets(cls, environ)}
    found = {
        field.name: _value(field, hints[field.name], environ[field.metadata["env"]])
        for field in _described(cls)
        if field.metadata["env"] in environ
    }
    for needed in _described(cls):
        if needed.name not in found and needed.default is MISSING and needed.default_factory is MISSING:
            raise FedswipeError(f"{needed.metadata['env']}: not set; set it to {needed.metadata['help']}")
    return cls(**others, **found)


def secret(environ: Mapping[str, str], variable: str) -> str | None:
    """Return what the variable holds, or else the file that VARIABLE_FILE names; None when neither is set.

    Raises FedswipeError when the file cannot be read.
    """
    file = environ.get(f"{variable}_FILE")
    if environ.get(variable) or not file:
        return environ.get(variable)
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FedswipeError(
            f"{variable}_FILE={file!r}: give a file that holds the secret ({error})"
        ) from error


@dataclass(frozen=True)
class Described:
    """A variable that a settings class reads; `default` is None where it must be set."""

    variable: str
    default: str | None
    meaning: str


def described_settings(cls: type) -> list[Described]:
    """Return the variables that `cls` reads, in its fields' order."""
    return [Described(f.metadata["env"], _default(f), f.metadata["help"]) for f in _described(cls)]


def settings_table(cls: type) -> str:
    """Return a Markdown table of the variables that `cls` reads: variable, default, meaning."""
    shown = {None: "(required)", "": "(empty)"}
    rows = [
        f"| `{row.variable}` | {shown.get(row.default, f'`{row.default}`')} | {row.meaning} |"
        for row in described_settings(cls)
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def _described(cls: type) -> list["Field[Any]"]:
    return [field for field in fields(cls) if "env" in field.metadata]


def _secrets(cls: type, environ: Mapping[str, str]) -> dict[str, str]:
    names = [field.metadata["env"] for field in _described(cls) if field.metadata.get("secret")]
    return {name: value for name in names if (value := secret(environ, name)) is not None}


def _value(field: "Field[Any]", hint: Any, text: str) -> Any:
    text = text.strip()
    if NoneType in get_args(hint):
        if not text:
            return None
        (hint,) = (kind for kind in get_args(hint) if kind is not NoneType)
    convert, expected = CONVERTERS[hint]
    try:
        value = convert(text)
        problem = _outside(field, value)
    except (ValueError, KeyError):
        problem = expected
    if problem:
        raise FedswipeError(f"{field.metadata['env']}={text!r}: give {problem} ({field.metadata['help']})")
    return value


def _outside(field: "Field[Any]", value: Any) -> str | None:
    limits = field.metadata
    if "choices" in limits and value not in limits["choices"]:
        return "one of " + ", ".join(str(choice) for choice in limits["choices"])
    if "least" in limits and value < limits["least"]:
        return f"{limits['least']} or more"
    if "most" in limits and value > limits["most"]:
        return f"{limits['most']} or less"
    return None


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _default(field: "Field[Any]") -> str | None:
    if field.default is MISSING and field.default_factory is MISSING:
        return None
    value = field.default if field.default_factory is MISSING else field.default_factory()
    if isinstance(value, tuple):
        value = ",".join(value)
    if isinstance(value, bool):
        value = str(value).lower()
    return "" if value is None else str(value)


CONVERTERS: dict[Any, tuple[Callable[[str], Any], str]] = {
    int: (int, "a whole number"),
    float: (_finite, "a number"),
    bool: (lambda text: WORDS[text.lower()], "true or false"),
    str: (str, "a text"),
    tuple[str, ...]: (_parts, "texts separated by commas"),
}
