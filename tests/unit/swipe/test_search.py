import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.search import Candidate, Decoder, greedy, shares
from fedswipe.swipe.search_weights import SearchWeights

LAYOUT = load_layout("qwerty-en")
PLAIN = SearchWeights(unigram=0.0, length=0.0, scale=1.0)


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


@settings(deadline=None, max_examples=150)
@given(
    words=some_words,
    seed=st.integers(0, 2**32),
    steps=st.integers(1, 16),
    sharpness=st.sampled_from([0.0, 0.3, 1.0, 3.0, 10.0, 100.0, 3000.0]),
    unigram=st.floats(-1, 2),
    length=st.floats(-3, 6),
    top_k=st.integers(1, 12),
)
def test_the_best_words_are_those_of_scoring_every_word(
    words: dict[str, float],
    seed: int,
    steps: int,
    sharpness: float,
    unigram: float,
    length: float,
    top_k: int,
) -> None:
    search = SearchWeights(unigram, length, scale=1.0)
    outputs = random_outputs(seed, steps, sharpness)
    found = Decoder(lexicon(words), LAYOUT).decode(outputs, search, top_k)
    expected = every_score(outputs, words, search)
    assert [candidate.score for candidate in found] == pytest.approx(
        [score for score, _ in expected[:top_k]], rel=1e-9, abs=1e-6
    )
    scores = {word: score for score, word in expected}
    for candidate in found:
        assert candidate.score == pytest.approx(scores[candidate.word], rel=1e-9, abs=1e-6)
        assert candidate.log_unigram == words[candidate.word]
        assert candidate.length == len(candidate.word)
        assert candidate.ctc == pytest.approx(ctc_by_states(outputs, candidate.word), rel=1e-9, abs=1e-6)
    assert len({candidate.word for candidate in found}) == len(found)


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
