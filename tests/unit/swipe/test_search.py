from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedswipe.swipe.beam import Beam
from fedswipe.swipe.candidate import Candidate, shares
from fedswipe.swipe.greedy import greedy
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.trie import NO_WORD
from fedswipe.testing.exhaustive_search import (
    ctc_by_states,
    english,
    every_score,
    lexicon,
    log_softmax,
    random_outputs,
    random_words,
    spell,
)

LAYOUT = english()
PLAIN = SearchWeights(unigram=0.0, length=0.0, scale=1.0)
EVERYTHING = Beam(width=2**31, reach=np.inf, idle=0.0)


some_words = st.builds(random_words, st.integers(0, 2**32), st.integers(1, 60))
any_search = st.builds(SearchWeights, st.floats(-1, 2), st.floats(-3, 6), st.just(1.0))
any_outputs = st.builds(
    random_outputs, st.integers(0, 2**32), st.integers(1, 16), st.sampled_from([0.0, 0.3, 1.0, 3.0, 10.0])
)
sharp_outputs = st.builds(
    random_outputs, st.integers(0, 2**32), st.integers(1, 16), st.sampled_from([100.0, 3000.0])
)


def near(value: float) -> object:
    return pytest.approx(value, rel=1e-9, abs=1e-6)


@settings(deadline=None, max_examples=100)
@given(words=some_words, outputs=any_outputs, search=any_search, top_k=st.integers(1, 12))
def test_a_beam_that_keeps_everything_finds_the_best_words(
    words: dict[str, float], outputs: np.ndarray, search: SearchWeights, top_k: int
) -> None:
    found = Decoder(lexicon(words), LAYOUT, EVERYTHING).decode(outputs, search, top_k)
    expected = every_score(outputs, words, search)[:top_k]
    assert [candidate.score for candidate in found] == [near(score) for score, _ in expected]


@settings(deadline=None, max_examples=100)
@given(words=some_words, outputs=any_outputs | sharp_outputs, search=any_search, top_k=st.integers(1, 12))
def test_scoring_all_words_finds_the_best_however_sharp_the_outputs(
    words: dict[str, float], outputs: np.ndarray, search: SearchWeights, top_k: int
) -> None:
    ranking = Decoder(lexicon(words), LAYOUT).rank_all(outputs[None], search, top_k)
    expected = every_score(outputs, words, search)[:top_k]
    scores = ranking.scores[0].tolist()
    assert scores[: len(expected)] == [near(score) for score, _ in expected]
    assert set(scores[len(expected) :]) <= {-np.inf}


@settings(deadline=None, max_examples=200)
@given(
    words=some_words,
    outputs=any_outputs | sharp_outputs,
    search=any_search,
    top_k=st.integers(1, 12),
    beam=st.builds(Beam, st.integers(1, 20), st.floats(0, 50), st.floats(0, 1)),
)
@example(  # a letter's probability does not underflow, its rank does
    words=random_words(0, 6),
    outputs=random_outputs(33, 1, 3000.0),
    search=SearchWeights(1.0, 0.0, 1.0),
    top_k=1,
    beam=Beam(1, 0.0, 0.0),
)
def test_what_any_beam_returns_is_exact_in_order_and_no_word_short(
    words: dict[str, float], outputs: np.ndarray, search: SearchWeights, top_k: int, beam: Beam
) -> None:
    found = Decoder(lexicon(words), LAYOUT, beam).decode(outputs, search, top_k)
    scores = {word: score for score, word in every_score(outputs, words, search)}
    assert len({candidate.word for candidate in found}) == len(found) == min(top_k, len(scores))
    assert [candidate.score for candidate in found] == sorted((c.score for c in found), reverse=True)
    for candidate in found:
        assert candidate.score == near(scores[candidate.word])
        assert candidate.ctc == near(ctc_by_states(outputs, candidate.word))
        assert (candidate.log_unigram, candidate.length) == (words[candidate.word], len(candidate.word))


def test_the_beam_keeps_the_likeliest_prefixes() -> None:
    decoder = Decoder(lexicon({"abc": -9.0, "xyz": -1.0}), LAYOUT, Beam(2, 50.0, 0.0))
    assert [found.word for found in decoder.decode(spell("-a-b-c-"), PLAIN, 1)] == ["abc"]


def test_ctc_is_what_the_training_loss_is() -> None:
    torch = pytest.importorskip("torch")
    words = {"hello": -3.0, "helo": -5.0, "a": -1.0, "aaa": -9.0, "zebra": -7.0}
    outputs = random_outputs(seed=1, steps=12, sharpness=2.0)
    for candidate in Decoder(lexicon(words), LAYOUT).decode(outputs, PLAIN, 5):
        loss = torch.nn.functional.ctc_loss(
            torch.from_numpy(outputs.astype(np.float64))[:, None],
            torch.from_numpy(LAYOUT.encode(candidate.word))[None],
            [len(outputs)],
            [len(candidate.word)],
            reduction="sum",
        )
        assert candidate.ctc == pytest.approx(-loss.item(), rel=1e-9)


def test_a_double_letter_needs_a_blank_between() -> None:
    decoder = Decoder(lexicon({"hello": -9.0, "helo": -9.0}), LAYOUT)
    assert decoder.decode(spell("h-e-l-l-o"), PLAIN, 1)[0].word == "hello"
    assert decoder.decode(spell("h-e-lll-o"), PLAIN, 1)[0].word == "helo"


def test_a_word_longer_than_the_steps_is_left_out() -> None:
    decoder = Decoder(lexicon({"abc": -1.0, "aa": -2.0, "ab": -3.0}), LAYOUT)
    found = decoder.decode(random_outputs(seed=2, steps=2, sharpness=1.0), PLAIN, 3)
    assert [candidate.word for candidate in found] == ["ab"]


def test_the_weights_move_the_order() -> None:
    decoder = Decoder(lexicon({"of": -4.0, "off": -8.0}), LAYOUT)
    outputs = spell("o-f-f")
    outputs[3] = log_softmax(np.eye(LAYOUT.classes)[0] * 4.0)  # was there a blank between?
    assert decoder.decode(outputs, PLAIN, 1)[0].word == "off"
    assert decoder.decode(outputs, SearchWeights(5.0, 0.0, 1.0), 1)[0].word == "of"
    assert decoder.decode(outputs, SearchWeights(5.0, 20.0, 1.0), 1)[0].word == "off"


def test_equal_scores_stand_in_the_lexicons_order() -> None:
    words = {"b": -2.0, "d": -2.0, "a": -2.0, "c": -2.0}
    even = log_softmax(np.zeros((6, LAYOUT.classes)))
    found = Decoder(lexicon(words), LAYOUT).decode(even, PLAIN, 3)
    assert [candidate.word for candidate in found] == ["b", "d", "a"]


def test_a_batch_is_each_alone_with_the_same_bits() -> None:
    decoder = Decoder(lexicon({"abc": -1.0, "cab": -2.0, "bb": -3.0}), LAYOUT)
    outputs = np.stack([random_outputs(seed, 9, 2.0) for seed in range(4)])
    search = SearchWeights(0.4, 1.1, 1.0)
    assert decoder.decode_batch(outputs, search, 2) == [decoder.decode(one, search, 2) for one in outputs]


def test_a_ranking_is_the_candidates_in_arrays() -> None:
    decoder = Decoder(lexicon({"abc": -1.0, "cab": -2.0, "aa": -3.0}), LAYOUT)
    outputs = np.stack([random_outputs(seed, 9, 1.0) for seed in range(3)])
    search = SearchWeights(0.4, 1.1, 1.0)
    words, scores, ctcs = decoder.rank(outputs, search, 2)
    for n, few in enumerate(decoder.decode_batch(outputs, search, 2)):
        assert [candidate.word for candidate in few] == [decoder.lexicon.words[word] for word in words[n]]
        assert [candidate.score for candidate in few] == scores[n].tolist()
        assert [candidate.ctc for candidate in few] == ctcs[n].tolist()


def test_a_ranking_is_filled_up_where_words_are_missing() -> None:
    outputs = random_outputs(seed=2, steps=2, sharpness=1.0)  # "aa" needs three steps
    words, scores, ctcs = Decoder(lexicon({"aa": -2.0, "ab": -3.0}), LAYOUT).rank(outputs[None], PLAIN, 9)
    assert words.tolist() == [[1, NO_WORD]]
    assert (scores[0, 1], ctcs[0, 1]) == (-np.inf, -np.inf)


def test_no_outputs_have_no_words() -> None:
    decoder, none = Decoder(lexicon({"a": -1.0}), LAYOUT), np.zeros((0, 4, LAYOUT.classes), dtype=np.float32)
    assert decoder.decode_batch(none, PLAIN, 3) == []
    assert decoder.rank_all(none, PLAIN, 3).words.shape == (0, 1)


def test_the_ctc_of_given_words_is_theirs() -> None:
    decoder = Decoder(lexicon({"abc": -1.0, "cab": -2.0}), LAYOUT)
    outputs = np.stack([random_outputs(seed, 9, 2.0) for seed in range(2)])
    ctcs = decoder.ctcs(outputs, np.array([[1, 0, NO_WORD], [0, 0, 1]], dtype=np.int32))
    first = [near(ctc_by_states(outputs[0], word)) for word in ("cab", "abc")]
    assert ctcs[0].tolist() == [*first, -np.inf]
    assert ctcs[1].tolist() == [near(ctc_by_states(outputs[1], word)) for word in ("abc", "abc", "cab")]


def test_threads_may_share_a_decoder() -> None:
    decoder = Decoder(lexicon({"abc": -1.0, "cab": -2.0, "bb": -3.0, "acc": -4.0}), LAYOUT)
    outputs = [random_outputs(seed, 12, 2.0) for seed in range(60)]
    weights = [SearchWeights(0.1 * (seed % 7), 1.0, 1.0) for seed in range(60)]
    alone = [decoder.decode(one, search, 3) for one, search in zip(outputs, weights, strict=True)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(decoder.decode, outputs, weights, [3] * 60)) == alone


@pytest.mark.parametrize(
    ("outputs", "top_k", "named"),
    [
        (np.zeros((4, 3), dtype=np.float32), 1, "log_probs"),
        (np.zeros((0, LAYOUT.classes), dtype=np.float32), 1, "log_probs"),
        (np.full((4, LAYOUT.classes), np.nan, dtype=np.float32), 1, "log_probs"),
        (np.full((4, LAYOUT.classes), -np.inf, dtype=np.float32), 1, "log_probs"),
        (spell("-a-"), 0, "top_k"),
    ],
)
def test_bad_input_is_refused_by_name(outputs: np.ndarray, top_k: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Decoder(lexicon({"a": -1.0}), LAYOUT).decode(outputs, PLAIN, top_k)


@pytest.mark.parametrize("field", ["unigram", "length", "scale"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_search_weights_are_finite(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        SearchWeights(**{"unigram": 0.3, "length": -1.0, "scale": 1.0, field: value})


def test_shares_are_a_softmax_of_scaled_scores() -> None:
    candidates = [Candidate(word, score, score, -1.0, 1) for word, score in (("a", -900.0), ("b", -902.0))]
    assert shares(candidates, SearchWeights(0.0, 0.0, 0.5)).tolist() == pytest.approx(
        [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))]
    )
    assert shares([], PLAIN).tolist() == []


def test_greedy_merges_repeats_and_drops_blanks() -> None:
    assert greedy(np.stack([spell("hh-e-ll-lo"), spell("----------")]), LAYOUT) == ["hello", ""]
