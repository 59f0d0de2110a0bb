import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.compiled import compiled
from fedswipe.swipe.trie import NO_WORD, Trie


@compiled
def word_ctcs(logs: NDArray[np.float64], trie: Trie) -> NDArray[np.float64]:
    """The logarithm of every word's exact CTC probability (Graves et al., ICML 2006), float64 (words,).

    logs: float64 (T, classes). Slow (some 100 ms for 30,000 words), and right for outputs so sharp that
    products of probabilities underflow.
    """
    steps = len(logs)
    ctcs = np.empty(len(trie.log_unigram))
    columns = np.full((trie.heights[0] + 1, steps + 1, 2), -np.inf)  # by depth
    letters = np.zeros(len(columns), dtype=np.int32)
    columns[0, 0, 1] = 0.0
    for t in range(steps):
        columns[0, t + 1, 1] = columns[0, t, 1] + logs[t, 0]
    for node in range(1, len(trie.letters)):
        depth = trie.depths[node]
        letters[depth] = trie.letters[node]
        _extend(logs, columns[depth - 1], letters[depth - 1], letters[depth], columns[depth])
        if trie.words[node] != NO_WORD:
            ctcs[trie.words[node]] = _log_sum(columns[depth, steps, 0], columns[depth, steps, 1])
    return ctcs


@compiled
def _extend(
    logs: NDArray[np.float64],
    column: NDArray[np.float64],
    last: int,
    letter: int,
    extended: NDArray[np.float64],
) -> None:
    """The column of a prefix with one more letter; the same letter again needs a blank between.

    A column is (T + 1, 2): [t, 0] the log probability that t steps spell the prefix and end in its last
    letter, [t, 1] that they end in a blank.
    """
    extended[0, 0], extended[0, 1] = -np.inf, -np.inf
    for t in range(len(logs)):
        enters = column[t, 1] if letter == last else _log_sum(column[t, 0], column[t, 1])
        extended[t + 1, 0] = _log_sum(extended[t, 0], enters) + logs[t, letter]
        extended[t + 1, 1] = _log_sum(extended[t, 0], extended[t, 1]) + logs[t, 0]


@compiled
def _log_sum(x: float, y: float) -> float:
    """Logarithm of the sum of two numbers given as logarithms; either may be -inf."""
    larger, smaller = max(x, y), min(x, y)
    return larger if smaller == -np.inf else larger + np.log1p(np.exp(smaller - larger))
