import numpy as np
import pytest

from fedswipe.swipe.beam import Beam, find
from fedswipe.swipe.ctc import word_ctcs
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.outputs import Outputs
from fedswipe.swipe.trie import NO_WORD, build_trie, encode_words
from fedswipe.swipe.weighing import Weighing

LAYOUT = load_layout("qwerty-en")
LEXICON = load_lexicon("en-10k")
TRIE = build_trie(encode_words(LEXICON.words, LAYOUT), LEXICON.log_unigram)
ALIKE = Weighing(np.ones(len(TRIE.letters)), np.ones(len(TRIE.letters)), 1.0)
BY_FREQUENCY = Weighing(np.exp(0.3 * TRIE.best_below), np.exp(0.3 * LEXICON.log_unigram[TRIE.words]), 4.0)


def outputs_for(word: str, seed: int, steps: int = 24) -> np.ndarray:
    """A likely letter of the word here and there, in order, blanks between, and noise on everything."""
    random = np.random.default_rng(seed)
    logits = random.normal(scale=0.5, size=(1, steps, LAYOUT.classes))
    logits[..., 0] += 6.0
    places = 2 * np.sort(random.choice(steps // 2, size=len(word), replace=False))
    logits[0, places, LAYOUT.encode(word)] += 10.0
    return (logits - np.logaddexp.reduce(logits, axis=2, keepdims=True)).astype(np.float32)


def found(log_probs: np.ndarray, beam: Beam, count: int = 10, weighing: Weighing = BY_FREQUENCY) -> list[str]:
    words = np.full((len(log_probs), count), -9, dtype=np.int32)
    find(Outputs.of(log_probs, LAYOUT.classes).probabilities, TRIE, weighing, beam, words)
    return [LEXICON.words[word] for word in words[0].tolist() if word != NO_WORD]


def test_a_narrow_beam_finds_what_the_outputs_spell() -> None:
    words = [word for word in LEXICON.words[:2000:40] if 2 < len(word) < 12]
    read = [found(outputs_for(word, seed), Beam(30, 50.0, 0.03))[:1] for seed, word in enumerate(words)]
    assert read == [[word] for word in words]


def test_a_beam_that_keeps_everything_ranks_by_exact_probability() -> None:
    words = ("off", "of", "too", "to", "see", "sees", "ass", "as", "add", "ad")
    spellings = encode_words(words, LAYOUT)
    trie = build_trie(spellings, np.zeros(len(words), dtype=np.float32))
    alike = Weighing(np.ones(len(trie.letters)), np.ones(len(trie.letters)), 1.0)
    for seed in range(20):
        logits = 0.3 * np.random.default_rng(seed).normal(size=(1, 8, LAYOUT.classes))
        outputs = Outputs.of(logits.astype(np.float32), LAYOUT.classes)
        places = np.arange(len(words), dtype=np.int32)[None]
        ranked = np.empty_like(places)
        find(outputs.probabilities, trie, alike, Beam(2**31, np.inf, 0.0), ranked)
        assert ranked.tolist() == np.argsort(-word_ctcs(outputs, spellings, places)).tolist()


@pytest.mark.parametrize("width", [1, 7, 160])
def test_prefixes_that_rank_alike_are_no_more_than_the_width(width: int) -> None:
    even = np.full((1, 12, LAYOUT.classes), -np.log(LAYOUT.classes), dtype=np.float32)
    words = found(even, Beam(width, 50.0, 0.0), 400, ALIKE)
    assert len(words) == len(set(words)) <= width


def test_what_lies_behind_the_reach_is_dropped() -> None:
    log_probs = outputs_for("people", seed=1)
    assert len(found(log_probs, Beam(2000, 1.0, 0.0))) < len(found(log_probs, Beam(2000, 50.0, 0.0))) == 10


def test_steps_in_a_row_without_a_likely_letter_count_as_one() -> None:
    log_probs = outputs_for("people", seed=1)
    blank = np.full((1, 1, LAYOUT.classes), -8.0, dtype=np.float32)
    blank[..., 0] = 0.0
    once, often = (np.concatenate([log_probs, np.repeat(blank, n, axis=1)], axis=1) for n in (1, 50))
    beam = Beam(200, 50.0, 0.1)
    assert found(once, beam) == found(often, beam)
    assert found(once, beam._replace(idle=0.0)) != found(often, beam._replace(idle=0.0))
