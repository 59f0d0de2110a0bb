"""A layout's file that is wrong is refused by its field, with what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from fedswipe.swipe.layout import parse_layout

TINY: dict[str, Any] = {
    "name": "tiny-en",
    "alphabet": "abcdeé",
    "key_width": 0.3,
    "key_height": 0.4,
    "rows": [{"letters": "abc", "x": 0.2, "y": 0.3}, {"letters": "de", "x": 0.2, "y": 0.7}],
    "shared": {"é": "e"},
    "spelt": {"ç": "c", "ß": "aa"},
}


def row(letters: Any = "abcde", x: Any = 0.1, y: Any = 0.3) -> dict[str, Any]:
    return {"letters": letters, "x": x, "y": y}


def test_a_good_file_is_the_layout_it_describes() -> None:
    layout = parse_layout(json.dumps(TINY))
    centre = dict(zip(layout.alphabet, layout.centres.tolist(), strict=True))
    assert centre["c"] == pytest.approx([0.8, 0.3])
    assert centre["é"] == centre["e"]
    assert layout.encode("dé").tolist() == [4, 6]
    assert layout.spell("çaß") == "caaa"


def test_the_example_of_the_docs_is_a_good_file() -> None:
    example = Path(__file__).parents[3] / "examples" / "qwertz-de.json"
    text = example.read_text("utf-8")
    assert parse_layout(text).name == example.stem
    assert text in (example.parents[1] / "docs" / "languages.md").read_text("utf-8")


def test_shared_and_spelt_may_be_left_out() -> None:
    plain = {name: value for name, value in TINY.items() if name not in ("shared", "spelt")}
    assert parse_layout(json.dumps(plain | {"alphabet": "abcde"})).spelt == {}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "tiny"}, "name: 'tiny'; give arrangement and language, such as"),
        ({"name": "../etc-en"}, "name: .*give arrangement and language"),
        ({"name": ""}, "name: ''; give a text that is not empty"),
        ({"alphabet": "abcdeéa"}, "alphabet: 'a' stands twice"),
        ({"alphabet": "Abcdeé"}, "alphabet: 'A'; give small letters"),
        ({"alphabet": "a bcdeé"}, "alphabet: ' '; give small letters"),
        ({"alphabet": "abcdefé"}, "rows: no key for 'f' of the alphabet; add one, or name it in shared"),
        ({"alphabet": "abcdé"}, "alphabet: 'e' has a key; add it, or drop the key"),
        ({"key_width": 0}, "key_width: 0; give a fraction of the keyboard"),
        ({"key_height": "0.3"}, "key_height: '0.3'; give a fraction"),
        ({"key_width": True}, "key_width: True; give a fraction"),
        ({"rows": "abc"}, "rows: give a list"),
        ({"rows": ["abc"]}, r"rows\[0\]: give an object with letters, x, y"),
        ({"rows": [{"letters": "abc", "x": 0.1}]}, r"rows\[0\]: y is missing"),
        ({"rows": [row(x=1.5)]}, r"rows\[0\].x: 1.5; give a fraction"),
        ({"rows": [row(letters=7)]}, r"rows\[0\].letters: 7; give a text"),
        ({"rows": [row("abcdea")]}, "rows: 'a' has two keys"),
        ({"rows": [row("abcde", x=0.2)]}, "rows: the key of 'd' lies at .*fractions of the keyboard"),
        ({"rows": [row("abc"), row("de")]}, "rows: 'a' and 'd' lie on each other"),
        ({"shared": {"é": "x"}}, "shared: 'é' is on the key of 'x', which rows do not hold"),
        ({"shared": {"a": "e", "é": "e"}}, "shared: 'a' has a key of its own"),
        ({"shared": ["é"]}, "shared: .*give letters with what stands for them"),
        ({"spelt": {"a": "b"}}, "spelt: 'a' is in the alphabet"),
        ({"spelt": {"ç": "x"}}, "spelt: 'ç' is written 'x'; use letters of the alphabet"),
        ({"spelt": {"ab": "c"}}, "spelt: .*give letters"),
        ({"keys": []}, "keys is unknown; there are name, alphabet"),
    ],
)
def test_what_is_wrong_is_named_with_the_remedy(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_layout(json.dumps(TINY | changed))


def test_a_missing_field_is_named() -> None:
    with pytest.raises(ValueError, match="the file: rows is missing; give name, alphabet"):
        parse_layout(json.dumps({name: value for name, value in TINY.items() if name != "rows"}))


@pytest.mark.parametrize(("text", "message"), [("{", "not JSON"), ("[]", "the file: give an object")])
def test_a_file_of_something_else_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_layout(text)
