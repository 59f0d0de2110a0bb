from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.best_first import Best
from fedswipe.swipe.best_first import search as search_best_first
from fedswipe.swipe.ctc import word_ctcs
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.outlook import outlook
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.trie import NO_WORD, build_trie

UNDERFLOW = -650.0  # log of a probability that terms lost below 1e-308 cannot have changed


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
        self._lengths = np.array([len(word) for word in lexicon.words])

    def decode(self, log_probs: NDArray[np.float32], search: SearchWeights, top_k: int) -> list[Candidate]:
        """The top_k words with the highest scores, best first, exactly.

        log_probs: float32 (T, classes), natural logarithms, blank first. Equal scores stand in the lexicon's
        order. Fewer words come back only when fewer have any probability: a word with more letters than
        steps has none. Raises ValueError for a wrong shape or NaN.
        """
        self._check(log_probs, top_k)
        logs = log_probs.astype(np.float64)
        best, certain = self._search(logs, search, min(top_k, len(self.lexicon.words)))
        if best.scores[-1] < certain:
            best = self._score_all(logs, search, len(best.words))
        found = zip(best.words.tolist(), best.scores.tolist(), best.ctcs.tolist(), strict=True)
        return [self._candidate(word, score, ctc) for word, score, ctc in found if score > -np.inf]

    def decode_batch(
        self, log_probs: NDArray[np.float32], search: SearchWeights, top_k: int
    ) -> list[list[Candidate]]:
        """`decode` for each of (N, T, classes)."""
        return [self.decode(one, search, top_k) for one in log_probs]

    def _search(self, logs: NDArray[np.float64], search: SearchWeights, k: int) -> tuple[Best, float]:
        """The best words, and the score from which on no probability lost to underflow can matter."""
        trie, a, b = self._trie, float(search.unigram), float(search.length)
        # Relative to each step's likeliest class, the probabilities of likely words stay far from underflow.
        likeliest = logs.max(axis=1, keepdims=True)
        shift = float(likeliest.sum())
        probabilities = np.exp(logs - likeliest)
        after = outlook(probabilities, int(trie.heights[0]), b)
        best = Best(np.full(k, NO_WORD, dtype=np.int32), np.full(k, -np.inf), np.full(k, -np.inf))
        search_best_first(probabilities, shift, trie, a, b, after, best)
        most_bonus = max(a * float(trie.best_below[0]), a * float(trie.worst_below[0]))
        most_bonus += max(b, b * int(trie.heights[0]))
        return best, shift + UNDERFLOW + most_bonus

    def _score_all(self, logs: NDArray[np.float64], search: SearchWeights, k: int) -> Best:
        ctcs = word_ctcs(logs, self._trie)
        scores = ctcs + search.unigram * self._trie.log_unigram + search.length * self._lengths
        order = np.argsort(-scores, kind="stable")[:k]
        return Best(order.astype(np.int32), scores[order], ctcs[order])

    def _candidate(self, word: int, score: float, ctc: float) -> Candidate:
        text = self.lexicon.words[word]
        return Candidate(text, score, ctc, float(self.lexicon.log_unigram[word]), len(text))

    def _check(self, log_probs: NDArray[np.float32], top_k: int) -> None:
        if log_probs.ndim != 2 or log_probs.shape[1] != self.layout.classes or len(log_probs) == 0:
            raise ValueError(f"log_probs: shape {log_probs.shape}; give (steps, {self.layout.classes})")
        if not np.isfinite(log_probs.max(axis=1)).all():
            raise ValueError(
                "log_probs: a step holds NaN or +inf, or only -inf; give logarithms of probabilities"
            )
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
