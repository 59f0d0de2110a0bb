from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.trie import Trie

STEEPEST = 100.0  # nats; no letter's bonus and no word's frequency counts more in a beam


class Weighing(NamedTuple):
    """What a beam ranks a trie's prefixes by, besides probabilities: float64 (nodes,), and a letter's bonus.

    below: the weight of the best word from a node on down. here: that of the word which ends there.
    """

    below: NDArray[np.float64]
    here: NDArray[np.float64]
    bonus: float

    @classmethod
    def of(cls, trie: Trie, log_unigram: NDArray[np.float64], search: SearchWeights) -> "Weighing":
        """For words of these frequencies, float64 (words,)."""
        below = search.unigram * (trie.best_below if search.unigram >= 0.0 else trie.worst_below)
        here = search.unigram * log_unigram[trie.words]  # of a node without a word it is never read
        return cls(_exp(below), _exp(here), float(_exp(np.array(search.length))))


def _exp(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(np.clip(logs, -STEEPEST, STEEPEST))
