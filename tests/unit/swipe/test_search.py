from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedswipe.swipe.beam import Beam
from fedswipe.swipe.bigrams import STEP, WEIGHT, Bigrams
from fedswipe.swipe.context import START
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.search import Candidate, Decoder, greedy, shares
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.trie import NO_WORD

LAYOUT = load_layout("qwerty-en")
PLAIN = SearchWeights(unigram=0.0, length=0.0, scale=1.0)
EVERYTHING = Beam(width=2**31, reach=np.inf, idle=0.0)


def lexicon(words: dict[str, float]) -> Lexicon:
    log_unigram = np.array(list(words.values()), dtype=np.float32)
    return Lexicon(tuple(words), log_unigram, "en", LAYOUT.alphabet)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return (logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)).astype(np.float32)


def random_outputs(seed: int, steps: int, sharpness: float) -> np.ndarray:
    """Mostly blanks and the letters a to c, so that words of them are neither likely nor hopeless."""
    logits = np.random.default_rng(seed).normal(size=(steps, LAYOUT.classes)) * sharpness
    logits[:, 4:] -= sharpness
    return log_softmax(logits)


def spell(pattern: str) -> np.ndarray:
    """Outputs that are nearly sure of one class a step; '-' is the blank."""
    logits = np.zeros((len(pattern), LAYOUT.classes))
    logits[np.arange(len(pattern)), [LAYOUT.alphabet.find(c) + 1 for c in pattern]] = 8.0
    return log_softmax(logits)


def ctc_by_states(log_probs: np.ndarray, word: str) -> float:
    """Graves' forward variables over the word with blanks between, in logarithms."""
    states = [0]
    for code in LAYOUT.encode(word).tolist():
        states += [code, 0]
    alpha = np.full(len(states), -np.inf)
    alpha[:2] = log_probs[0, states[:2]]
    for step in log_probs[1:].astype(np.float64):
        before, alpha = alpha, np.full(len(states), -np.inf)
        for s, code in enumerate(states):
            reached = [before[s]] + ([before[s - 1]] if s > 0 else [])
            if s > 1 and code != 0 and code != states[s - 2]:
                reached.append(before[s - 2])
            alpha[s] = np.logaddexp.reduce(reached) + step[code]
    return float(np.logaddexp(alpha[-1], alpha[-2]))


def every_score(
    log_probs: np.ndarray, words: dict[str, float], search: SearchWeights
) -> list[tuple[float, str]]:
    scored = [
        (ctc_by_states(log_probs, word) + search.unigram * log + search.length * len(word), word)
        for word, log in words.items()
    ]
    return sorted((pair for pair in scored if pair[0] > -np.inf), reverse=True)


some_words = st.dictionaries(
    st.text("abc", min_size=1, max_size=7), st.floats(-14, -1, width=32), min_size=1, max_size=60
)


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
    outputs=any_outputs | sharp_outputs,
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
        word: score + WEIGHT * gains.get((before, word), 0.0)
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
    assert decoder.decode_batch(even, PLAIN, 1)[0][0].word == "все"
    assert decoder.decode_batch(even, PLAIN, 1, ["всё"])[0][0].word == "еще"


def test_there_is_a_word_before_for_each_output() -> None:
    decoder = Decoder(lexicon({"a": -1.0}), LAYOUT, bigrams=following({"a": -1.0}, 0)[0])
    with pytest.raises(ValueError, match="before: 2 words for 1 outputs"):
        decoder.rank(spell("-a-")[None], PLAIN, 1, ["a", "a"])


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
