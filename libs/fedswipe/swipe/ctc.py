"""Exact CTC (Graves et al., ICML 2006) of given words.

A prefix's column is (T + 1, 2): after t steps, the probability that the steps so far spell the prefix and
the last of them is a letter [t, 0] or a blank [t, 1]. A word's probability is the sum of the last row.
"""

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.compiled import compiled
from fedswipe.swipe.outputs import Outputs

UNDERFLOW = -650.0  # log of a probability that terms lost below 1e-308 cannot have changed


def word_ctcs(
    outputs: Outputs, spellings: NDArray[np.uint16], words: NDArray[np.int32]
) -> NDArray[np.float64]:
    """The natural logarithm of words' exact CTC probabilities, float64 (N, M).

    spellings: (W, longest), as of `trie.encode_words`. words: int32 (N, M), the rows of spellings that each
    output is asked for; a negative one gives -inf.
    """
    ctcs = np.empty(words.shape)
    whole = np.ascontiguousarray(words, dtype=np.int32)
    _fill(outputs.logs, outputs.probabilities, outputs.shifts, spellings, whole, ctcs)
    return ctcs


@compiled
def _fill(
    logs: NDArray[np.float64],
    probabilities: NDArray[np.float64],
    shifts: NDArray[np.float64],
    spellings: NDArray[np.uint16],
    words: NDArray[np.int32],
    ctcs: NDArray[np.float64],
) -> None:
    column = np.empty((logs.shape[1] + 1, 2))
    for i in range(len(words)):
        for m in range(words.shape[1]):
            ctcs[i, m] = -np.inf
            if words[i, m] >= 0:
                spelling = spellings[words[i, m]]
                mass = _probability(probabilities[i], spelling, column)
                log = np.log(mass) if mass > 0.0 else -np.inf
                ctcs[i, m] = shifts[i] + log if log > UNDERFLOW else _logarithm(logs[i], spelling, column)


@compiled
def _probability(
    probabilities: NDArray[np.float64], spelling: NDArray[np.uint16], column: NDArray[np.float64]
) -> float:
    steps = len(probabilities)
    column[0, 0], column[0, 1] = 0.0, 1.0
    for t in range(steps):  # the empty prefix's: nothing but blanks
        column[t + 1, 0], column[t + 1, 1] = 0.0, column[t, 1] * probabilities[t, 0]
    last = 0
    for letter in spelling:
        if letter == 0:
            break
        in_letter, in_blank = 0.0, 0.0
        old_letter, old_blank = column[0, 0], column[0, 1]
        column[0, 0], column[0, 1] = 0.0, 0.0
        for t in range(steps):
            enters = old_blank if letter == last else old_letter + old_blank
            in_letter, in_blank = (
                (in_letter + enters) * probabilities[t, letter],
                (in_letter + in_blank) * probabilities[t, 0],
            )
            old_letter, old_blank = column[t + 1, 0], column[t + 1, 1]
            column[t + 1, 0], column[t + 1, 1] = in_letter, in_blank
        last = letter
    return float(column[steps, 0] + column[steps, 1])


@compiled
def _logarithm(logs: NDArray[np.float64], spelling: NDArray[np.uint16], column: NDArray[np.float64]) -> float:
    """`_probability` in logarithms: ten times slower, and right for outputs of any sharpness."""
    steps = len(logs)
    column[:, 0] = -np.inf
    column[0, 1] = 0.0
    for t in range(steps):
        column[t + 1, 1] = column[t, 1] + logs[t, 0]
    last = 0
    for letter in spelling:
        if letter == 0:
            break
        in_letter, in_blank = -np.inf, -np.inf
        old_letter, old_blank = column[0, 0], column[0, 1]
        column[0, 0], column[0, 1] = -np.inf, -np.inf
        for t in range(steps):
            enters = old_blank if letter == last else _log_sum(old_letter, old_blank)
            in_letter, in_blank = (
                _log_sum(in_letter, enters) + logs[t, letter],
                _log_sum(in_letter, in_blank) + logs[t, 0],
            )
            old_letter, old_blank = column[t + 1, 0], column[t + 1, 1]
            column[t + 1, 0], column[t + 1, 1] = in_letter, in_blank
        last = letter
    return _log_sum(column[steps, 0], column[steps, 1])


@compiled
def _log_sum(x: float, y: float) -> float:
    """Logarithm of the sum of two numbers given as logarithms; either may be -inf."""
    larger, smaller = max(x, y), min(x, y)
    return larger if smaller == -np.inf else larger + np.log1p(np.exp(smaller - larger))
