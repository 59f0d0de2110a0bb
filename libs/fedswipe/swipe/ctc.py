"""Exact CTC probabilities of prefixes (Graves et al., ICML 2006), column by column.

A prefix's column is (T + 1, 2): after t steps, the probability that the steps so far spell the prefix and
the last of them is a letter [t, 0] or a blank [t, 1]. A word's probability is the sum of the last row.
"""

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.compiled import compiled


@compiled
def begin(probabilities: NDArray[np.float64], column: NDArray[np.float64]) -> None:
    """The empty prefix's column: nothing but blanks."""
    column[0, 0], column[0, 1] = 0.0, 1.0
    for t in range(len(probabilities)):
        column[t + 1, 0] = 0.0
        column[t + 1, 1] = column[t, 1] * probabilities[t, 0]


@compiled
def extend(
    probabilities: NDArray[np.float64],
    column: NDArray[np.float64],
    last: int,
    letter: int,
    extended: NDArray[np.float64],
) -> None:
    """The column of a prefix with one more letter; the same letter again needs a blank between."""
    extended[0, 0], extended[0, 1] = 0.0, 0.0
    for t in range(len(probabilities)):
        enters = column[t, 1] if letter == last else column[t, 0] + column[t, 1]
        extended[t + 1, 0] = (extended[t, 0] + enters) * probabilities[t, letter]
        extended[t + 1, 1] = (extended[t, 0] + extended[t, 1]) * probabilities[t, 0]


@compiled
def extend_logs(
    logs: NDArray[np.float64],
    column: NDArray[np.float64],
    last: int,
    letter: int,
    extended: NDArray[np.float64],
) -> None:
    """`extend` on natural logarithms: slow, and never underflows."""
    extended[0, 0], extended[0, 1] = -np.inf, -np.inf
    for t in range(len(logs)):
        enters = column[t, 1] if letter == last else np.logaddexp(column[t, 0], column[t, 1])
        extended[t + 1, 0] = np.logaddexp(extended[t, 0], enters) + logs[t, letter]
        extended[t + 1, 1] = np.logaddexp(extended[t, 0], extended[t, 1]) + logs[t, 0]


@compiled
def outlook(probabilities: NDArray[np.float64], most: int, bonus: float) -> NDArray[np.float64]:
    """What 1 .. most further letters can add at best: float64 (most + 1, T).

    [r, t] bounds from above, over every string of 1 to r letters whose first letter's first step is t, its
    probability from step t on times exp(bonus * letters). Any two different letters are allowed the step's
    two likeliest letters' probabilities.
    """
    steps = len(probabilities)
    best, second = np.zeros(steps), np.zeros(steps)
    for t in range(steps):
        for letter in range(1, probabilities.shape[1]):
            second[t] = max(second[t], min(best[t], probabilities[t, letter]))
            best[t] = max(best[t], probabilities[t, letter])
    bounds = np.zeros((most + 1, steps))
    # In a letter, or in a blank, after t steps, with r - 1 letters still to come; and with one letter fewer.
    letter, blank = np.zeros(steps + 1), np.zeros(steps + 1)
    fewer_letter = np.zeros(steps + 1)
    for r in range(1, most + 1):
        letter[steps] = blank[steps] = 1.0 if r == 1 else 0.0
        for t in range(steps - 1, -1, -1):
            stays, goes = letter[t + 1], fewer_letter[t + 1]
            moves = best[t] * max(stays, goes) + second[t] * min(stays, goes)
            letter[t] = min(1.0, moves + probabilities[t, 0] * blank[t + 1])
            blank[t] = min(1.0, best[t] * goes + probabilities[t, 0] * blank[t + 1])
        for t in range(steps):
            bounds[r, t] = max(bounds[r - 1, t], best[t] * letter[t + 1] * np.exp(bonus * r))
        fewer_letter, letter = letter, fewer_letter
    return bounds
