from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.best_first import search as search_best_first
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.trie import build_trie


@dataclass(frozen=True)
class SearchWeights:
    """How a word's score is made: ctc + unigram * log unigram + length * letters; they belong to a model.

    unigram, scale: 0 or more; length: any finite number. scale makes probabilities of scores, see `shares`.
    """

    unigram: float
    length: float
    scale: float

    def __post_init__(self) -> None:
        for field, value, least in (
            ("unigram", self.unigram, 0.0),
            ("length", self.length, -np.inf),
            ("scale", self.scale, 0.0),
        ):
            if not (isfinite(value) and value >= least):
                raise ValueError(f"{field}: {value}; give a finite number of at least {least}")


@dataclass(frozen=True)
class Candidate:
    """A word of the lexicon; ctc is the natural log of its exact CTC probability, length its letters."""

    word: str
    score: float
    ctc: float
    log_unigram: float
    length: int


class Decoder:
    """Finds the words of a lexicon that a network's outputs spell; safe to use from many threads at once."""

    def __init__(self, lexicon: Lexicon, layout: Layout) -> None:
        self.lexicon = lexicon
        self.layout = layout
        self._trie = build_trie(lexicon.words, lexicon.log_unigram, layout)

    def decode(self, log_probs: NDArray[np.float32], search: SearchWeights, top_k: int) -> list[Candidate]:
        """The top_k words with the highest scores, best first, exactly.

        log_probs: float32 (T, classes), natural logarithms, blank first. Equal scores stand in the lexicon's
        order. Fewer words come back only when fewer have any probability: a word with more letters than
        steps has none. Raises ValueError for a wrong shape or NaN.
        """
        self._check(log_probs, top_k)
        trie, most = self._trie, min(top_k, len(self.lexicon.words))
        found = np.empty(most, dtype=np.int32)
        scores, ctcs = np.empty(most), np.empty(most)
        search_best_first(
            np.ascontiguousarray(log_probs, dtype=np.float32),
            trie.letters,
            trie.depths,
            trie.ends,
            trie.words,
            trie.heights,
            trie.best_below,
            self.lexicon.log_unigram,
            float(search.unigram),
            float(search.length),
            found,
            scores,
            ctcs,
        )
        return [
            self._candidate(word, score, ctc)
            for word, score, ctc in zip(found.tolist(), scores.tolist(), ctcs.tolist(), strict=True)
            if word >= 0
        ]

    def decode_batch(
        self, log_probs: NDArray[np.float32], search: SearchWeights, top_k: int
    ) -> list[list[Candidate]]:
        """`decode` for each of (N, T, classes)."""
        return [self.decode(one, search, top_k) for one in log_probs]

    def _candidate(self, word: int, score: float, ctc: float) -> Candidate:
        text = self.lexicon.words[word]
        return Candidate(text, score, ctc, float(self.lexicon.log_unigram[word]), len(text))

    def _check(self, log_probs: NDArray[np.float32], top_k: int) -> None:
        if log_probs.ndim != 2 or log_probs.shape[1] != self.layout.classes or len(log_probs) == 0:
            raise ValueError(f"log_probs: shape {log_probs.shape}; give (steps, {self.layout.classes})")
        if not np.isfinite(log_probs.max(axis=1)).all():
            raise ValueError("log_probs: a step holds NaN or +inf, or only -inf; give logarithms of probabilities")
        if top_k < 1:
            raise ValueError(f"top_k: {top_k}; ask for at least one word")


def shares(candidates: Sequence[Candidate], search: SearchWeights) -> NDArray[np.float64]:
    """The candidates' probabilities among themselves: softmax(scale * score), (len(candidates),)."""
    scores = search.scale * np.array([candidate.score for candidate in candidates])
    weights = np.exp(scores - scores.max(initial=-np.inf))
    return weights / weights.sum()  # type: ignore[no-any-return]  # numpy's sum is Any


def greedy(log_probs: NDArray[np.float32], layout: Layout) -> list[str]:
    """The likeliest class of each step, repeats merged, blanks dropped: (N, T, classes) to N strings."""
    return [
        "".join(layout.alphabet[code - 1] for code, _ in groupby(codes) if code)
        for codes in log_probs.argmax(axis=2).tolist()
    ]
