import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.compiled import compiled


@compiled
def outlook(probabilities: NDArray[np.float64], most: int, bonus: float) -> NDArray[np.float64]:
    """What comes after a letter at best: float64 (most + 1, T).

    [r, t] bounds from above, over every string of 0 to r letters behind a letter of step t, its probability
    from step t + 1 on times exp(bonus * letters). Any two different letters of a step are taken to have its
    two largest probabilities.
    """
    steps = len(probabilities)
    best, second = np.zeros(steps), np.zeros(steps)
    for t in range(steps):
        for p in probabilities[t, 1:]:
            second[t] = max(second[t], min(best[t], p))
            best[t] = max(best[t], p)
    bounds = np.zeros((most + 1, steps))
    # In a letter, or in a blank, after t steps, with r letters still to come; and with one letter fewer.
    in_letter, in_blank = np.zeros(steps + 1), np.zeros(steps + 1)
    fewer = np.zeros(steps + 1)
    for r in range(most + 1):
        in_letter[steps] = in_blank[steps] = 1.0 if r == 0 else 0.0
        everything = 1.0  # of all strings together, from step t on
        for t in range(steps - 1, -1, -1):
            stays, goes = in_letter[t + 1], fewer[t + 1]
            blank = probabilities[t, 0] * in_blank[t + 1]
            everything *= probabilities[t].sum()
            in_letter[t] = min(everything, blank + best[t] * max(stays, goes) + second[t] * min(stays, goes))
            in_blank[t] = min(everything, blank + best[t] * goes)
        for t in range(steps):
            bounds[r, t] = max(bounds[r - 1, t] if r else 0.0, in_letter[t + 1] * np.exp(bonus * r))
        fewer, in_letter = in_letter, fewer
    return bounds
