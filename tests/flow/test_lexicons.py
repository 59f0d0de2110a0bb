"""The lexicons of the package are what wordfreq's lists of millions of words come to, to the last digit."""

from functools import cache

import numpy as np
import pytest

from fedswipe.swipe.layout import Layout, load_layout
from fedswipe.swipe.lexicon import Lexicon, build_lexicon, load_lexicon

ENGLISH, RUSSIAN = load_layout("qwerty-en"), load_layout("jcuken-ru")


@cache
def built(language: str, layout: Layout) -> Lexicon:
    return build_lexicon(language, 30_000, layout)


@pytest.mark.parametrize(
    ("name", "size", "layout"),
    [("en-10k", 10_000, ENGLISH), ("en-30k", 30_000, ENGLISH), ("ru-30k", 30_000, RUSSIAN)],
)
def test_a_lexicon_of_the_package_is_what_wordfreq_says(name: str, size: int, layout: Layout) -> None:
    lexicon, expected = load_lexicon(name), built(name[:2], layout)
    assert lexicon.words == expected.words[:size]
    assert lexicon.log_unigram.tobytes() == expected.log_unigram[:size].tobytes()
    assert len(lexicon.words) == size
    assert set("".join(lexicon.words)) == set(layout.alphabet)
    assert (np.diff(lexicon.log_unigram) <= 0).all()


def test_frequencies_are_shares_of_all_running_words() -> None:
    lexicon = load_lexicon("en-30k")
    assert lexicon.words[0] == "the"
    assert np.exp(lexicon.log_unigram[0]) == pytest.approx(0.0537, rel=1e-3)


def test_spellings_of_one_word_have_the_frequency_of_all() -> None:
    from wordfreq import word_frequency

    lexicon = load_lexicon("ru-30k")
    assert "ещё" not in lexicon.words
    both = sum(word_frequency(word, "ru") for word in ("еще", "ещё"))
    assert np.exp(lexicon.log_unigram[lexicon.words.index("еще")]) == pytest.approx(both, rel=1e-2)
