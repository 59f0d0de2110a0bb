"""What the search is held against: every word of a lexicon scored by Graves' own recursion."""

from functools import cache

import numpy as np

from fedswipe.swipe.layout import Layout, load_layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.search_weights import SearchWeights


@cache
def english() -> Layout:
    """The layout of all this."""
    return load_layout("qwerty-en")


def lexicon(words: dict[str, float]) -> Lexicon:
    """Words with their log unigram probabilities, in this order."""
    log_unigram = np.array(list(words.values()), dtype=np.float32)
    return Lexicon(tuple(words), log_unigram, "en", english().alphabet)


def random_words(seed: int, count: int) -> dict[str, float]:
    """At most this many words of one to seven letters a to c, with their log unigram probabilities."""
    random = np.random.default_rng(seed)
    letters, lengths = random.choice(list("abc"), (count, 7)), random.integers(1, 8, count)
    logs = random.uniform(-14, -1, count).astype(np.float32).tolist()
    return {"".join(row[:length]): log for row, length, log in zip(letters, lengths, logs, strict=True)}


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Logits as log probabilities, float32."""
    return (logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)).astype(np.float32)


def random_outputs(seed: int, steps: int, sharpness: float) -> np.ndarray:
    """Mostly blanks and the letters a to c, so that words of them are neither likely nor hopeless."""
    logits = np.random.default_rng(seed).normal(size=(steps, english().classes)) * sharpness
    logits[:, 4:] -= sharpness
    return log_softmax(logits)


def spell(pattern: str) -> np.ndarray:
    """Outputs that are nearly sure of one class a step; '-' is the blank."""
    logits = np.zeros((len(pattern), english().classes))
    logits[np.arange(len(pattern)), [english().alphabet.find(c) + 1 for c in pattern]] = 8.0
    return log_softmax(logits)


def ctc_by_states(log_probs: np.ndarray, word: str) -> float:
    """Graves' forward variables over the word with blanks between, in logarithms."""
    states = np.zeros(2 * len(word) + 1, np.int64)
    states[1::2] = english().encode(word)
    skips = np.zeros(len(states), np.bool_)  # the blank before a letter, unless the letter before is the same
    skips[3::2] = states[3::2] != states[1:-2:2]
    alpha = np.full(len(states), -np.inf)
    alpha[:2] = log_probs[0, states[:2]]
    for step in log_probs[1:].astype(np.float64):
        before = np.concatenate([[-np.inf, -np.inf], alpha])
        reached = (before[2:], before[1:-1], np.where(skips, before[:-2], -np.inf))
        alpha = np.logaddexp.reduce(reached) + step[states]
    return float(np.logaddexp(alpha[-1], alpha[-2]))


def every_score(
    log_probs: np.ndarray, words: dict[str, float], search: SearchWeights
) -> list[tuple[float, str]]:
    """The scores of all words that the outputs can spell, the best first."""
    scored = [
        (ctc_by_states(log_probs, word) + search.unigram * log + search.length * len(word), word)
        for word, log in words.items()
    ]
    return sorted((pair for pair in scored if pair[0] > -np.inf), reverse=True)
