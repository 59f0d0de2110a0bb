"""The search's weights, learned from a client's own swipes and federated like any other parameter.

Among the candidates of a swipe, P(word) = softmax(scale * (ctc + unigram * log_unigram + length * letters)):
a conditional logit model (McFadden 1974). In (scale, scale * unigram, scale * length) its log-likelihood is
concave, so Newton steps that are halved until they climb find the maximum.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedswipe.learning.weights import LEAST_SCALE
from fedswipe.swipe.candidate import Candidate
from fedswipe.swipe.search_weights import SearchWeights

Array = NDArray[np.float64]

RIDGE = 16.0  # pull towards the base, in curvature; 4 fits a client faster, but its noise reaches the mean
STEPS = 6
HALVINGS = 8


@dataclass(frozen=True)
class RankedSwipe:
    """A swipe's candidates and the place of the word that was meant among them."""

    candidates: Sequence[Candidate]
    right: int

    @classmethod
    def of(cls, candidates: Sequence[Candidate], word: str) -> "RankedSwipe | None":
        """None when the word is not among the candidates: such a swipe says nothing about their order."""
        words = [candidate.word for candidate in candidates]
        return cls(candidates, words.index(word)) if word in words else None


def calibrate(swipes: Sequence[RankedSwipe], base: SearchWeights) -> SearchWeights:
    """The search weights that fit these swipes best, held near ``base`` by a ridge; no swipes, no change."""
    if not swipes:
        return base
    likelihood = _Likelihood(swipes, np.array([1.0, base.unigram, base.length]) * base.scale)
    theta = likelihood.anchor
    for _ in range(STEPS):
        theta = _climb(likelihood, theta)
    scale = max(float(theta[0]), LEAST_SCALE)
    return SearchWeights(max(float(theta[1]) / scale, 0.0), float(theta[2]) / scale, scale)


def _climb(likelihood: "_Likelihood", theta: Array) -> Array:
    """One Newton step, halved until it climbs; no step where none does."""
    step = np.linalg.solve(likelihood.curvature(theta), likelihood.gradient(theta))
    value = likelihood.value(theta)
    for halving in range(HALVINGS):
        further: Array = theta + step * 0.5**halving
        if likelihood.value(further) > value:
            return further
    return theta


class _Likelihood:
    """The ridged log-likelihood of theta = (scale, scale * unigram, scale * length)."""

    def __init__(self, swipes: Sequence[RankedSwipe], anchor: Array) -> None:
        self.anchor = anchor
        longest = max(len(swipe.candidates) for swipe in swipes)
        # Relative to the right word, whose row is 0, so that log P = -logsumexp(rows @ theta).
        self._rows = np.zeros((len(swipes), longest, 3))
        self._missing = np.ones((len(swipes), longest), dtype=bool)
        for i, swipe in enumerate(swipes):
            rows = np.array([(c.ctc, c.log_unigram, c.length) for c in swipe.candidates], dtype=np.float64)
            self._rows[i, : len(rows)] = rows - rows[swipe.right]
            self._missing[i, : len(rows)] = False

    def value(self, theta: Array) -> float:
        scores = self._scores(theta)
        most = scores.max(axis=1)
        logs = most + np.log(np.exp(scores - most[:, None]).sum(axis=1))
        return float(-logs.sum() - 0.5 * RIDGE * ((theta - self.anchor) ** 2).sum())

    def gradient(self, theta: Array) -> Array:
        expected: Array = np.einsum("nk,nkd->d", self._shares(theta), self._rows)
        return -expected - RIDGE * (theta - self.anchor)

    def curvature(self, theta: Array) -> Array:
        shares = self._shares(theta)
        means = np.einsum("nk,nkd->nd", shares, self._rows)
        second: Array = np.einsum("nk,nkd,nke->de", shares, self._rows, self._rows) - means.T @ means
        return second + RIDGE * np.eye(3)

    def _scores(self, theta: Array) -> Array:
        return np.where(self._missing, -np.inf, self._rows @ theta)

    def _shares(self, theta: Array) -> Array:
        scores = self._scores(theta)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares: Array = weights / weights.sum(axis=1, keepdims=True)
        return shares
