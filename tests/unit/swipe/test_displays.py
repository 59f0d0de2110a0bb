import pytest

from fedswipe.swipe.context import START
from fedswipe.swipe.displays import as_lexicon, load_displays, parse_displays, show
from fedswipe.swipe.lexicon import load_lexicon

ENGLISH = load_displays("en-30k")


@pytest.mark.parametrize(
    ("word", "display"),
    [
        *(
            ("i", "I"),
            ("im", "I'm"),
            ("ive", "I've"),
            ("dont", "don't"),
            ("youre", "you're"),
            ("cant", "can't"),
        ),
        *(("monday", "Monday"), ("january", "January"), ("english", "English"), ("london", "London")),
        *(("john", "John"), ("germany", "Germany"), ("americans", "Americans"), ("usa", "USA")),
        *(("iphone", "iPhone"), ("mcdonald", "McDonald")),
    ],
)
def test_names_and_contractions_are_shown_as_people_write_them(word: str, display: str) -> None:
    assert show(word, ENGLISH, "the") == show(word, ENGLISH, None) == display


@pytest.mark.parametrize(
    "word", ["the", "its", "were", "well", "hell", "may", "march", "will", "us", "it", "de", "days", "grey"]
)
def test_a_word_that_may_be_meant_as_it_is_stays(word: str) -> None:
    assert show(word, ENGLISH, "the") == word


@pytest.mark.parametrize(
    ("word", "display"), [("the", "The"), ("dont", "Don't"), ("i", "I"), ("iphone", "iPhone"), ("ещё", "Ещё")]
)
def test_a_sentence_begins_with_a_capital_unless_the_word_has_one_elsewhere(word: str, display: str) -> None:
    assert show(word, ENGLISH, START) == display


def test_every_display_is_of_a_word_of_the_lexicon_and_differs_from_it() -> None:
    assert set(ENGLISH) <= set(load_lexicon("en-30k").words)
    assert all(as_lexicon(display) == word != display for word, display in ENGLISH.items())
    assert load_displays("ru-30k") == {}
    assert parse_displays(["I'm", "Monday"]) == {"im": "I'm", "monday": "Monday"}
