"""Words for a network's outputs: a beam finds the finalists, exact CTC gives their scores and their order."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.beam import Beam, find
from fedswipe.swipe.bigrams import UNKNOWN, Bigrams
from fedswipe.swipe.candidate import Candidate
from fedswipe.swipe.context import Before
from fedswipe.swipe.ctc import word_ctcs
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.outputs import Outputs
from fedswipe.swipe.paths import Paths
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.trie import NO_WORD, build_trie, encode_words
from fedswipe.swipe.weighing import Weighing

BEAM = Beam(width=160, reach=150.0, idle=0.01)
WIDER = 4  # times as wide is the beam where it held fewer words than were asked for
BY_PATHS = 2  # times as wide where paths are known: they bring words forward that the outputs put far back
PATH_COST = 2.0  # nats for each key width that a swipe lies from a word's ideal path, on average
SPARE = 14  # finalists more than words asked for: the beam's order is nearly the exact one


class Ranking(NamedTuple):
    """The best words of N outputs, best first: places in the lexicon, scores, exact CTC logs; each (N, k).

    Where an output has fewer words of any probability the rest is NO_WORD (-1), -inf and -inf.
    """

    words: NDArray[np.int32]
    scores: NDArray[np.float64]
    ctcs: NDArray[np.float64]


LogProbs = NDArray[np.float32]
Attempt = Callable[[Outputs, SearchWeights, int], Ranking]


class Decoder:
    """Finds the words of a lexicon that a network's outputs spell; safe to use from many threads at once.

    A word's score is ctc + unigram * log unigram + length * letters, and it is exact, as is the order of what
    is returned. Which words are scored is the beam's choice; `rank_all` scores every word.
    With bigrams, `before` may say for each output which word stands before it: the log unigram is more by its
    gain then, as it is the logarithm of how often the word follows that one.
    With the swipes' paths a score is less by PATH_COST for each key width from the word's ideal path.
    spellings: the words' classes, int32 (W, longest), 0 behind a word's end.
    Outputs are log_probs, float32 ([N,] T, classes), natural logarithms, blank first.
    """

    def __init__(
        self, lexicon: Lexicon, layout: Layout, beam: Beam = BEAM, bigrams: Bigrams | None = None
    ) -> None:
        self.lexicon = lexicon
        self.layout = layout
        self._beam, self._by_paths, self._wider = (_widened(beam, times) for times in (1, BY_PATHS, WIDER))
        self.spellings = encode_words(lexicon.words, layout)
        self._lengths = np.count_nonzero(self.spellings, axis=1)
        self._places = {word: place for place, word in enumerate(lexicon.words)}
        self._log_unigram = lexicon.log_unigram.astype(np.float64)
        self._bigrams = bigrams
        self._in_bigrams = bigrams.places(lexicon.words) if bigrams else np.empty(0, dtype=np.int64)
        self._trie = build_trie(self.spellings, lexicon.log_unigram)
        weighing = partial(Weighing.of, self._trie, self._log_unigram)
        self._weighing = lru_cache(maxsize=4)(weighing)  # of the models that are served at one time

    def decode(
        self, log_probs: LogProbs, search: SearchWeights, top_k: int, paths: Paths | None = None
    ) -> list[Candidate]:
        """The top_k best words that the beam finds, best first; equal ones stand in the lexicon's order.

        Fewer words come back only when fewer have any probability: a word with more letters than steps has
        none. Raises ValueError for a wrong shape or NaN.
        """
        return self.decode_batch(log_probs[None], search, top_k, paths=paths)[0]

    def decode_batch(
        self,
        log_probs: LogProbs,
        search: SearchWeights,
        top_k: int,
        before: Before = None,
        paths: Paths | None = None,
    ) -> list[list[Candidate]]:
        """`decode` for each of (N, T, classes)."""
        ranking = self.rank(log_probs, search, top_k, before, paths)
        logs, lengths, names = self.lexicon.log_unigram, self._lengths, self.lexicon.words
        rows = zip(
            ranking.words.tolist(),
            ranking.scores.tolist(),
            ranking.ctcs.tolist(),
            logs[ranking.words].tolist(),
            lengths[ranking.words].tolist(),
            strict=True,
        )
        return [
            [
                Candidate(names[word], score, ctc, log, length)
                for word, score, ctc, log, length in zip(*row, strict=True)
                if word != NO_WORD
            ]
            for row in rows
        ]

    def rank(
        self,
        log_probs: LogProbs,
        search: SearchWeights,
        top_k: int,
        before: Before = None,
        paths: Paths | None = None,
    ) -> Ranking:
        """`decode_batch` in arrays, k = min(top_k, words in the lexicon)."""
        outputs, k = self._outputs(log_probs, before, paths), self._count(top_k)
        ranking = self._rank(outputs, search, k, self._beam if paths is None else self._by_paths)
        attempts: tuple[Attempt, ...] = (partial(self._rank, beam=self._wider), self._rank_all)
        for rank in attempts:
            (short,) = np.nonzero(ranking.words[:, -1] == NO_WORD)
            if len(short) == 0:
                break
            again = rank(outputs.of_rows(short), search, k)
            ranking.words[short], ranking.scores[short], ranking.ctcs[short] = again
        return ranking

    def rank_all(
        self,
        log_probs: LogProbs,
        search: SearchWeights,
        top_k: int,
        before: Before = None,
        paths: Paths | None = None,
    ) -> Ranking:
        """`rank`, but exactly the best words: scores all of them (20 ms an output for 30,000)."""
        return self._rank_all(self._outputs(log_probs, before, paths), search, self._count(top_k))

    def places(self, words: Sequence[str]) -> NDArray[np.int32]:
        """Where words stand in the lexicon, (N,); NO_WORD for one that it lacks."""
        return np.array([self._places.get(word, NO_WORD) for word in words], dtype=np.int32)

    def ctcs(self, log_probs: LogProbs, words: NDArray[np.int32]) -> NDArray[np.float64]:
        """The exact CTC logs, (N, M), of words given as places in the lexicon, (N, M); of NO_WORD -inf."""
        return word_ctcs(Outputs.of(log_probs, self.layout.classes), self.spellings, words)

    def _outputs(self, log_probs: LogProbs, before: Before, paths: Paths | None) -> Outputs:
        if paths is not None and len(paths.points) != len(log_probs):
            raise ValueError(f"paths: {len(paths.points)} for {len(log_probs)} outputs; give one each")
        outputs = Outputs.of(log_probs, self.layout.classes)._replace(paths=paths)
        if self._bigrams is None or before is None:
            return outputs
        if len(before) != len(log_probs):
            raise ValueError(f"before: {len(before)} words for {len(log_probs)} outputs; give one each")
        previous = self._bigrams.places([word and self.layout.spell(word) for word in before])
        return outputs._replace(previous=None if (previous == UNKNOWN).all() else previous)

    def _rank(self, outputs: Outputs, search: SearchWeights, k: int, beam: Beam) -> Ranking:
        found = np.empty((len(outputs.logs), k + SPARE), dtype=np.int32)
        find(outputs.probabilities, self._trie, self._weighing(search), beam, found)
        return self._ordered(outputs, found, search, k)

    def _rank_all(self, outputs: Outputs, search: SearchWeights, k: int) -> Ranking:
        shape = (len(outputs.logs), k)
        ranking = Ranking(np.empty(shape, dtype=np.int32), np.empty(shape), np.empty(shape))
        every = np.arange(len(self.lexicon.words), dtype=np.int32)[None]
        for n in range(len(outputs.logs)):  # one at a time: all words of all outputs would take much memory
            best = self._ordered(outputs.of_rows(np.array([n])), every, search, k)
            ranking.words[n], ranking.scores[n], ranking.ctcs[n] = (part[0] for part in best)
        return ranking

    def _ordered(self, outputs: Outputs, words: NDArray[np.int32], search: SearchWeights, k: int) -> Ranking:
        """The k best of these words, (N, M), by their exact scores."""
        ctcs = word_ctcs(outputs, self.spellings, words)
        scores = ctcs + search.unigram * self._log_unigram[words] + search.length * self._lengths[words]
        if self._bigrams is not None and outputs.previous is not None:
            scores += search.unigram * self._bigrams.gains(outputs.previous, self._in_bigrams[words])
        if outputs.paths is not None:
            scores -= PATH_COST * outputs.paths.distances(self.spellings, words)
        order = np.lexsort((words, -scores), axis=1)[:, :k]
        ranking = Ranking(*(np.take_along_axis(part, order, axis=1) for part in (words, scores, ctcs)))
        ranking.words[ranking.scores == -np.inf] = NO_WORD
        return ranking

    def _count(self, top_k: int) -> int:
        if top_k < 1:
            raise ValueError(f"top_k: {top_k}; ask for at least one word")
        return min(top_k, len(self.lexicon.words))


def _widened(beam: Beam, times: int) -> Beam:
    return Beam(
        times * beam.width, float(times * beam.reach), float(beam.idle)
    )  # ints would be compiled for anew
