"""The word before a swipe's, in the search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedswipe.swipe.bigrams import STEP, Bigrams
from fedswipe.swipe.context import START
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.testing.exhaustive_search import (
    english,
    every_score,
    lexicon,
    random_outputs,
    random_words,
    spell,
)

LAYOUT = english()
PLAIN = SearchWeights(unigram=0.0, length=0.0, scale=1.0)
some_words = st.builds(random_words, st.integers(0, 2**32), st.integers(1, 60))
any_search = st.builds(SearchWeights, st.floats(-1, 2), st.floats(-3, 6), st.just(1.0))
sharpness = st.sampled_from([0.0, 1.0, 10.0, 3000.0])
any_outputs = st.builds(random_outputs, st.integers(0, 2**32), st.integers(1, 16), sharpness)


def near(value: float) -> object:
    return pytest.approx(value, rel=1e-9, abs=1e-6)


def following(words: dict[str, float], seed: int) -> tuple[Bigrams, dict[tuple[str, str], float]]:
    """Random gains of half of all pairs, and the same by words; START is among the words before."""
    names, random = tuple(words), np.random.default_rng(seed)
    keys = np.nonzero(random.random(len(names) * (len(names) + 1)) < 0.5)[0]
    keys = keys if len(keys) else np.array([0])
    steps = random.integers(-127, 128, size=len(keys)).astype(np.int8)
    gains = {
        ((*names, START)[key // len(names)], names[key % len(names)]): STEP * step
        for key, step in zip(keys.tolist(), steps.tolist(), strict=True)
    }
    return Bigrams(names, keys, steps), gains


@settings(deadline=None, max_examples=100)
@given(
    words=some_words,
    outputs=any_outputs,
    search=any_search,
    seed=st.integers(0, 2**32),
    pick=st.integers(0, 60),
)
def test_the_word_before_adds_its_weighted_gain_to_exact_scores(
    words: dict[str, float], outputs: np.ndarray, search: SearchWeights, seed: int, pick: int
) -> None:
    bigrams, gains = following(words, seed)
    before = [*words, START][pick % (len(words) + 1)]
    decoder = Decoder(lexicon(words), LAYOUT, bigrams=bigrams)
    expected = {
        word: score + search.unigram * gains.get((before, word), 0.0)
        for score, word in every_score(outputs, words, search)
    }
    (found,) = decoder.decode_batch(outputs[None], search, 5, [before])
    assert [candidate.score for candidate in found] == [near(expected[candidate.word]) for candidate in found]
    best = decoder.rank_all(outputs[None], search, len(words), [before]).scores[0]
    assert best[np.isfinite(best)].tolist() == [
        near(score) for score in sorted(expected.values(), reverse=True)
    ]


@settings(deadline=None, max_examples=50)
@given(words=some_words, outputs=any_outputs, search=any_search, seed=st.integers(0, 2**32))
def test_without_a_context_that_is_known_the_answer_is_the_same_to_the_bit(
    words: dict[str, float], outputs: np.ndarray, search: SearchWeights, seed: int
) -> None:
    plain = Decoder(lexicon(words), LAYOUT).decode_batch(outputs[None], search, 5)
    decoder = Decoder(lexicon(words), LAYOUT, bigrams=following(words, seed)[0])
    assert decoder.decode_batch(outputs[None], search, 5) == plain
    for before in (None, [None], ["word"]):
        assert decoder.decode_batch(outputs[None], search, 5, before) == plain
    assert Decoder(lexicon(words), LAYOUT).decode_batch(outputs[None], search, 5, [START]) == plain
    (alone, _) = decoder.decode_batch(np.stack([outputs, outputs]), search, 5, [None, START])
    assert [alone] == plain


def test_the_word_before_is_looked_up_as_the_layout_spells_it() -> None:
    russian = load_layout("jcuken-ru")
    words = Lexicon(("все", "еще"), np.array([-1.0, -2.0], np.float32), "ru", russian.alphabet)
    bigrams = Bigrams(words.words, np.array([0 * 2 + 1]), np.array([100], np.int8))
    decoder = Decoder(words, russian, bigrams=bigrams)
    even = np.full((1, 12, russian.classes), -np.log(russian.classes), np.float32)
    search = SearchWeights(unigram=0.5, length=0.0, scale=1.0)
    assert decoder.decode_batch(even, search, 1)[0][0].word == "все"
    assert decoder.decode_batch(even, search, 1, ["всё"])[0][0].word == "еще"


def test_there_is_a_word_before_for_each_output() -> None:
    decoder = Decoder(lexicon({"a": -1.0}), LAYOUT, bigrams=following({"a": -1.0}, 0)[0])
    with pytest.raises(ValueError, match="before: 2 words for 1 outputs"):
        decoder.rank(spell("-a-")[None], PLAIN, 1, ["a", "a"])
