"""A word that may have been meant, with what its score is made of."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.search_weights import SearchWeights


class Candidate(NamedTuple):
    """A word of the lexicon; ctc is the natural log of its exact CTC probability, length its letters."""

    word: str
    score: float
    ctc: float
    log_unigram: float
    length: int


def shares(candidates: Sequence[Candidate], search: SearchWeights) -> NDArray[np.float64]:
    """The candidates' probabilities among themselves: softmax(scale * score), (len(candidates),)."""
    scores = search.scale * np.array([candidate.score for candidate in candidates])
    weights = np.exp(scores - scores.max(initial=-np.inf))
    return weights / weights.sum()  # type: ignore[no-any-return]  # numpy's sum is Any
