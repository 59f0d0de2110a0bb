"""What a network's outputs spell without a lexicon."""

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.layout import Layout


def greedy(log_probs: NDArray[np.float32], layout: Layout) -> list[str]:
    """The likeliest class of each step, repeats merged, blanks dropped: (N, T, classes) to N strings."""
    return [
        "".join(layout.alphabet[code - 1] for code, _ in groupby(codes) if code)
        for codes in log_probs.argmax(axis=2).tolist()
    ]
