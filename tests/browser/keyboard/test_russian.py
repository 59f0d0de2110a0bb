"""Somebody types and swipes Russian."""

import pytest

from fedswipe.testing.running_loop import RunningLoop
from fedswipe.topology import LINEAGES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RUSSIAN = next(line for line in LINEAGES if line.layout == "jcuken-ru")


def test_russian_keys_and_texts(visitor) -> None:
    someone = visitor(locale="ru-RU")
    assert someone.page.locator("h1").inner_text() == "Проведите фразу"
    someone.key("language")
    row = someone.page.locator("#board [data-letter]").all_text_contents()
    assert "".join(row).lower().startswith("йцукен")
    for letter in "он":
        someone.tap(letter)
    assert someone.text == "Он"
    assert someone.page.locator("#text").get_attribute("lang") == "ru"
    box = someone.page.locator('#board [data-letter="ь"]').bounding_box()
    someone.page.mouse.move(box["x"] + 9, box["y"] + 9)
    someone.page.mouse.down()
    someone.page.wait_for_function("() => document.querySelector('#text').value === 'Онъ'")
    someone.page.mouse.up()
    assert someone.text == "Онъ"
    someone.page.reload()
    someone.page.wait_for_selector('[data-letter="ы"]')


def test_a_russian_word_is_swiped_and_given(loop: RunningLoop, visitor, sure_gestures) -> None:
    someone = visitor()
    someone.page.locator("#consent").check()
    someone.key("language")
    someone.page.wait_for_selector('#board [data-letter="ы"]')
    some = list(sure_gestures(RUSSIAN).items())[:2]
    for word, gesture in some:
        assert someone.swipe(gesture).lower() == word
    someone.key("space")
    someone.wait_sent(2)
    given = [(swipe.layout, swipe.word) for swipe in loop.recorded(someone.name)]
    assert given == [("jcuken-ru", word) for word, _ in some]
