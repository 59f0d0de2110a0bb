"""How well and how fast a model reads swipes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.inference import Network
from fedswipe.learning.weights import Weights, search_weights
from fedswipe.swipe.candidate import Candidate
from fedswipe.swipe.context import Before
from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.greedy import greedy
from fedswipe.swipe.paths import Paths
from fedswipe.swipe.search import Decoder

BATCH = 128
RANKS = 3


@dataclass(frozen=True)
class Accuracy:
    """Shares (0 to 1) of the swipes: the right word is first, among the first three, spelt without a lexicon,
    and in the lexicon at all.
    """

    top1: float
    top3: float
    greedy: float
    coverage: float
    swipes: int


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one swipe in one thread: features, network and search."""

    p50_ms: float
    p99_ms: float


class Model:
    """A network with the search weights that travel with it, over one lexicon."""

    def __init__(self, architecture: Architecture, weights: Weights, decoder: Decoder) -> None:
        self._layout = architecture.layout
        self._network = Network(architecture, weights)
        self._search = search_weights(weights)
        self._decoder = decoder

    def log_probs(self, gestures: Sequence[Gesture]) -> NDArray[np.float32]:
        """The network's output for the swipes, (N, 32, classes)."""
        return self._network.log_probs(extract(self._layout, gestures))

    def rank(self, gestures: Sequence[Gesture], top_k: int, before: Before = None) -> list[list[Candidate]]:
        """The lexicon's best words for each swipe, best first; `before` as `Decoder` takes it."""
        return self._rank(self.log_probs(gestures), gestures, top_k, before)

    def places(
        self, words: Sequence[str], gestures: Sequence[Gesture], before: Before = None
    ) -> NDArray[np.bool_]:
        """For each swipe whether its word is first, among the first three, and spelt greedily: (N, 3)."""
        log_probs = self.log_probs(gestures)
        found = self._rank(log_probs, gestures, RANKS, before)
        ranked = [[candidate.word for candidate in few] for few in found]
        spelt = greedy(log_probs, self._layout)
        return np.array(
            [
                (word in few[:1], word in few, word == text)
                for word, few, text in zip(words, ranked, spelt, strict=True)
            ]
        )

    def _rank(
        self, log_probs: NDArray[np.float32], gestures: Sequence[Gesture], top_k: int, before: Before
    ) -> list[list[Candidate]]:
        paths = Paths.of(self._layout, gestures)
        return self._decoder.decode_batch(log_probs, self._search, top_k, before, paths)


def accuracy(
    model: Model,
    words: Sequence[str],
    gestures: Sequence[Gesture],
    lexicon: frozenset[str],
    threads: int,
    progress: Callable[[int], None],
    before: Before = None,
) -> Accuracy:
    """Judge swipes; words outside the lexicon count as wrong. ``progress`` is told the swipes done."""
    if not words:
        raise ValueError("no swipes to judge")
    starts = range(0, len(words), BATCH)
    with ThreadPoolExecutor(threads) as pool:
        batches = pool.map(partial(_batch_places, model, words, gestures, before), starts)
        places = []
        for start, batch in zip(starts, batches, strict=True):
            places.append(batch)
            progress(min(start + BATCH, len(words)))
    top1, top3, spelt = np.concatenate(places).mean(axis=0)
    covered = sum(word in lexicon for word in words) / len(words)
    return Accuracy(float(top1), float(top3), float(spelt), covered, len(words))


def _batch_places(
    model: Model, words: Sequence[str], gestures: Sequence[Gesture], before: Before, start: int
) -> NDArray[np.bool_]:
    batch = slice(start, start + BATCH)
    return model.places(words[batch], gestures[batch], before and before[batch])


def latency(model: Model, gestures: Sequence[Gesture]) -> Latency:
    """Read each swipe alone, one after another, after one that warms up."""
    model.rank(gestures[:1], RANKS)
    times = []
    for gesture in gestures:
        start = perf_counter()
        model.rank([gesture], RANKS)
        times.append(perf_counter() - start)
    p50, p99 = np.percentile(times, (50, 99)) * 1000
    return Latency(float(p50), float(p99))
