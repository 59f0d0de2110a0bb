"""Somebody swipes on the keyboard's page."""

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DESKTOP = {"viewport": {"width": 1280, "height": 800}, "has_touch": False, "is_mobile": False}
COPIED = "async text => await navigator.clipboard.readText() === text"


def plain(shown: str) -> str:
    return shown.lower().replace("'", "")


@pytest.mark.parametrize("screen", [{}, DESKTOP], ids=["touch", "mouse"])
def test_a_sentence_is_swiped(visitor: Callable[..., Any], gestures, screen: dict[str, Any]) -> None:
    someone = visitor(**screen)
    for word, gesture in list(gestures.items())[:5]:
        assert plain(someone.swipe(gesture)) == word
    someone.key(".")
    assert plain(someone.text) == " ".join(list(gestures)[:5]) + "."
    assert someone.text[0].isupper()  # the predictor's display: a sentence begins there
    asked = someone.asked("/api/v1/predict")
    assert asked[0]["context"] == ""
    assert plain(asked[2]["context"]) == " ".join(list(gestures)[:2])


def test_without_consent_only_requests_for_words_leave_and_they_name_nobody(visitor, gestures) -> None:
    someone = visitor()
    for gesture in list(gestures.values())[:2]:
        someone.swipe(gesture)
    someone.key("space")
    someone.page.evaluate("dispatchEvent(new Event('pagehide'))")
    posted = [each for each in someone.requests if each.method != "GET"]
    assert {each.url.removeprefix(someone.origin) for each in posted} == {"/api/v1/predict"}
    assert not {"client_id", "swipe_id"} & {name for each in posted for name in each.post_data_json}
    assert "web-" not in json.dumps([each.url for each in someone.requests])


def test_a_tap_types_a_letter_and_is_sent_nowhere(visitor) -> None:
    someone = visitor()
    someone.page.locator("#consent").check()
    for letter in "ok":
        someone.tap(letter)
    someone.key("space")
    someone.key("shift")
    someone.tap("x")
    someone.key("erase")
    someone.key("!")
    assert someone.text == "Ok !"
    assert [each for each in someone.requests if each.method == "POST"] == []


def test_backspace_takes_a_swiped_word_back(visitor, gestures) -> None:
    someone = visitor()
    first, second = list(gestures.values())[:2]
    kept = someone.swipe(first)
    someone.swipe(second)
    someone.key("erase")
    assert someone.text == kept
    someone.key("erase")
    assert someone.text == kept[:-1]


def test_backspace_goes_on_while_it_is_held(visitor) -> None:
    someone = visitor(**DESKTOP)
    for letter in "word":
        someone.tap(letter)
    someone.page.locator('#board [data-act="erase"]').hover()
    someone.page.mouse.down()
    someone.page.wait_for_function("() => document.querySelector('#text').value === ''")
    someone.page.mouse.up()
    someone.tap("a")
    assert someone.text == "A"


def test_the_keyboard_is_operated_by_keys_alone(visitor) -> None:
    someone = visitor(**DESKTOP)
    press = someone.page.keyboard.press
    someone.page.locator('#board [data-letter="q"]').focus()
    for key in ("ArrowRight", "Enter", "ArrowDown", "Space", "ArrowUp", "ArrowUp"):
        press(key)
    assert someone.text in ("Ws", "Wa")
    press("Tab")
    assert someone.page.evaluate("document.activeElement.closest('#board')") is None


def test_text_is_selected_and_copied(visitor) -> None:
    someone = visitor(**DESKTOP)
    for letter in "word":
        someone.tap(letter)
    someone.page.locator("#copy").click()
    someone.page.wait_for_function(COPIED, arg="Word")
    someone.page.locator("#text").evaluate("area => area.setSelectionRange(1, 3)")
    someone.page.locator("#copy").click()
    someone.page.wait_for_function(COPIED, arg="or")
    someone.tap("a")
    assert someone.text == "Wad"
