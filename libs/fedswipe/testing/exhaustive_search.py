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
    states = [0]
    for code in english().encode(word).tolist():
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
    """The scores of all words that the outputs can spell, the best first."""
    scored = [
        (ctc_by_states(log_probs, word) + search.unigram * log + search.length * len(word), word)
        for word, log in words.items()
    ]
    return sorted((pair for pair in scored if pair[0] > -np.inf), reverse=True)
