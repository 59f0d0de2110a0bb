"""Reads a service's settings from the environment, by what its frozen dataclass says about each field.

A field says it by `setting`, or where it has no default in its metadata: {"env": VARIABLE, "help": meaning}.
Types: int, float, bool, str, tuple[str, ...] (separated by commas); each may be `| None`, which is then what
an empty variable means.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, field, fields
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
    found = {
        field.name: _value(field, hints[field.name], environ[field.metadata["env"]])
        for field in _described(cls)
        if field.metadata["env"] in environ
    }
    for needed in _described(cls):
        if needed.name not in found and needed.default is MISSING and needed.default_factory is MISSING:
            raise FedswipeError(f"{needed.metadata['env']}: not set; set it to {needed.metadata['help']}")
    return cls(**others, **found)


def settings_table(cls: type) -> str:
    """Return a Markdown table of the variables that `cls` reads: variable, default, meaning."""
    rows = [
        f"| `{field.metadata['env']}` | {_default(field)} | {field.metadata['help']} |"
        for field in _described(cls)
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def _described(cls: type) -> list["Field[Any]"]:
    return [field for field in fields(cls) if "env" in field.metadata]


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


def _default(field: "Field[Any]") -> str:
    if field.default is MISSING and field.default_factory is MISSING:
        return "(required)"
    value = field.default if field.default_factory is MISSING else field.default_factory()
    if isinstance(value, tuple):
        value = ",".join(value)
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value}`" if value not in (None, "") else "(empty)"


CONVERTERS: dict[Any, tuple[Callable[[str], Any], str]] = {
    int: (int, "a whole number"),
    float: (_finite, "a number"),
    bool: (lambda text: WORDS[text.lower()], "true or false"),
    str: (str, "a text"),
    tuple[str, ...]: (_parts, "texts separated by commas"),
}
