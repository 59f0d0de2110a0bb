"""The search's own weights, which belong to a model and travel with it."""

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True)
class SearchWeights:
    """How a word's score is made: ctc + unigram * log unigram + length * letters; they belong to a model.

    Any finite numbers. scale makes probabilities of scores, see `candidate.shares`.
    """

    unigram: float
    length: float
    scale: float

    def __post_init__(self) -> None:
        for field, value in (("unigram", self.unigram), ("length", self.length), ("scale", self.scale)):
            if not isfinite(value):
                raise ValueError(f"{field}: {value}; give a finite number")
