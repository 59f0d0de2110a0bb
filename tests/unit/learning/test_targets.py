import pytest

from fedswipe.learning.targets import target
from fedswipe.swipe.layout import load_layout

LAYOUT = load_layout("qwerty-en")


def test_letters_are_numbered_from_one() -> None:
    assert target(LAYOUT, "abz").tolist() == [1, 2, 26]


def test_a_letter_without_a_key_is_named() -> None:
    with pytest.raises(ValueError, match="naïve"):
        target(LAYOUT, "naïve")


@pytest.mark.parametrize("word", ["ab" * 16 + "a", "a" * 17])
def test_a_word_that_ctc_cannot_align_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="33 steps"):
        target(LAYOUT, word)


@pytest.mark.parametrize("word", ["ab" * 16, "a" * 16])
def test_the_longest_words_are_fit(word: str) -> None:
    assert len(target(LAYOUT, word)) == len(word)
