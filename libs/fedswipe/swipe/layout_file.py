"""What a layout's file holds, and what can be wrong with it: whoever writes one is told field and remedy."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
FIELDS = ("name", "alphabet", "key_width", "key_height", "rows")
OPTIONAL = ("shared", "spelt")
ROW = ("letters", "x", "y")
Place = tuple[float, float]


class BadLayout(ValueError):
    """What is wrong with a layout's file: the field, and the remedy."""


@dataclass(frozen=True)
class Row:
    """Keys from left to right; x and y are the first one's centre, in fractions of the keyboard."""

    letters: str
    x: float
    y: float


@dataclass(frozen=True)
class LayoutFile:
    """A layout's file, as docs/languages.md says. `shared`: a letter, and the one whose key it has."""

    name: str
    alphabet: str
    key_width: float
    key_height: float
    rows: tuple[Row, ...]
    shared: Mapping[str, str]
    spelt: Mapping[str, str]

    def keys(self) -> dict[str, Place]:
        """Where each letter's key has its centre."""
        own = {
            letter: (row.x + column * self.key_width, row.y)
            for row in self.rows
            for column, letter in enumerate(row.letters)
        }
        return own | {letter: own[host] for letter, host in self.shared.items()}


def read_layout(text: str) -> LayoutFile:
    """Read and check a file's text; BadLayout names the field that is wrong, and the remedy."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise BadLayout(f"not JSON: {error}") from error
    _need_fields("the file", content, FIELDS, OPTIONAL)
    if not isinstance(content["rows"], list):
        raise BadLayout('rows: give a list of {"letters": ..., "x": ..., "y": ...}')
    file = LayoutFile(
        name=_text("name", content["name"]),
        alphabet=_text("alphabet", content["alphabet"]),
        key_width=_fraction("key_width", content["key_width"]),
        key_height=_fraction("key_height", content["key_height"]),
        rows=tuple(_row(f"rows[{number}]", row) for number, row in enumerate(content["rows"])),
        shared=_letters("shared", content.get("shared", {})),
        spelt=_letters("spelt", content.get("spelt", {})),
    )
    if not NAME.fullmatch(file.name):
        raise BadLayout(f"name: {file.name!r}; give arrangement and language, such as qwertz-de")
    _check_alphabet(file)
    _check_keys(file)
    _check_spelt(file)
    return file


def _check_alphabet(file: LayoutFile) -> None:
    for letter in file.alphabet:
        if file.alphabet.count(letter) > 1:
            raise BadLayout(f"alphabet: {letter!r} stands twice; drop one")
        if letter != letter.lower() or letter.isspace() or not letter.isprintable():
            raise BadLayout(f"alphabet: {letter!r}; give small letters, nothing else")


def _check_keys(file: LayoutFile) -> None:
    on_keys = "".join(row.letters for row in file.rows)
    for letter in on_keys:
        if on_keys.count(letter) > 1:
            raise BadLayout(f"rows: {letter!r} has two keys; drop one")
    for letter, host in file.shared.items():
        if letter in on_keys:
            raise BadLayout(f"shared: {letter!r} has a key of its own in rows; drop one of both")
        if host not in on_keys:
            raise BadLayout(f"shared: {letter!r} is on the key of {host!r}, which rows do not hold")
    typed = set(on_keys) | set(file.shared)
    if missing := set(file.alphabet) - typed:
        raise BadLayout(f"rows: no key for {min(missing)!r} of the alphabet; add one, or name it in shared")
    if strange := typed - set(file.alphabet):
        raise BadLayout(f"alphabet: {min(strange)!r} has a key; add it, or drop the key")
    places: dict[Place, str] = {}
    for letter, place in file.keys().items():
        if not all(0 < part < 1 for part in place):
            raise BadLayout(
                f"rows: the key of {letter!r} lies at {place}; give fractions of the keyboard, 0 to 1"
            )
        if letter in on_keys and (other := places.setdefault(place, letter)) != letter:
            raise BadLayout(
                f"rows: {other!r} and {letter!r} lie on each other; move a row, or name one in shared"
            )


def _check_spelt(file: LayoutFile) -> None:
    for letter, spelling in file.spelt.items():
        if letter in file.alphabet:
            raise BadLayout(f"spelt: {letter!r} is in the alphabet; drop it there, or here")
        if not set(spelling) <= set(file.alphabet):
            raise BadLayout(f"spelt: {letter!r} is written {spelling!r}; use letters of the alphabet")


def _row(field: str, content: Any) -> Row:
    _need_fields(field, content, ROW)
    letters = _text(f"{field}.letters", content["letters"])
    return Row(letters, _fraction(f"{field}.x", content["x"]), _fraction(f"{field}.y", content["y"]))


def _need_fields(what: str, content: Any, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    if not isinstance(content, dict):
        raise BadLayout(f"{what}: give an object with {', '.join(needed)}")
    for field in needed:
        if field not in content:
            raise BadLayout(f"{what}: {field} is missing; give {', '.join(needed)}")
    for field in content:
        if field not in (*needed, *optional):
            raise BadLayout(f"{what}: {field} is unknown; there are {', '.join((*needed, *optional))}")


def _text(field: str, value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    raise BadLayout(f"{field}: {value!r}; give a text that is not empty")


def _fraction(field: str, value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1:
        return float(value)
    raise BadLayout(f"{field}: {value!r}; give a fraction of the keyboard, more than 0 and less than 1")


def _letters(field: str, value: Any) -> dict[str, str]:
    if isinstance(value, dict) and all(len(k) == 1 and isinstance(v, str) and v for k, v in value.items()):
        return value
    raise BadLayout(f'{field}: {value!r}; give letters with what stands for them, such as {{"é": "e"}}')
