"""The search for a lexicon's k best words under ctc + a * log unigram + b * letters.

A prefix's column is (T + 1, 2): after t steps, the probability that the steps so far spell the prefix and
the last of them is a letter [t, 0] or a blank [t, 1]. A word's probability is the sum of the last row.
"""

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.compiled import compiled
from fedswipe.swipe.trie import NO_WORD, Trie

SLACK = 1e-9  # a bound and the score it bounds are rounded differently


class Best(NamedTuple):
    """The k best words so far, best first; equal scores stand in the lexicon's order. NO_WORD: none yet."""

    words: NDArray[np.int32]
    scores: NDArray[np.float64]
    ctcs: NDArray[np.float64]


@compiled
def search(
    probabilities: NDArray[np.float64],
    shift: float,
    trie: Trie,
    a: float,
    b: float,
    after: NDArray[np.float64],
    best: Best,
) -> int:
    """Spell the prefix with the highest bound until no bound reaches the k-th best score.

    probabilities: float64 (T, classes), divided by factors whose logarithms add up to shift. after: the
    probabilities' outlook. Fills best, given empty; returns how many prefixes were spelt.
    """
    steps = len(probabilities)
    nodes = np.zeros(256, dtype=np.int64)  # the prefixes spelt, and their columns
    columns = np.empty((len(nodes), steps + 1, 2))
    _begin(probabilities, columns[0])
    spelt = 1
    waiting = [(-np.inf, 0, 0)]  # -bound, prefix, place of its parent among the prefixes spelt
    waiting.pop()
    _queue(probabilities, shift, trie, a, b, best, after, 0, 0, columns[0], waiting)
    while waiting and best.scores[-1] <= SLACK - waiting[0][0]:
        _, node, parent = heapq.heappop(waiting)
        if spelt == len(nodes):
            nodes = np.concatenate((nodes, np.empty_like(nodes)))
            columns = np.concatenate((columns, np.empty_like(columns)))
        column = columns[spelt]
        _extend(probabilities, columns[parent], trie.letters[nodes[parent]], trie.letters[node], column)
        mass = column[steps, 0] + column[steps, 1]
        if trie.words[node] != NO_WORD and mass > 0.0:
            _keep(trie, node, shift + np.log(mass), a, b, best)
        nodes[spelt] = node
        _queue(probabilities, shift, trie, a, b, best, after, node, spelt, column, waiting)
        spelt += 1
    return spelt


@compiled
def _queue(
    probabilities: NDArray[np.float64],
    shift: float,
    trie: Trie,
    a: float,
    b: float,
    best: Best,
    after: NDArray[np.float64],
    node: int,
    place: int,
    column: NDArray[np.float64],
    waiting: list[tuple[float, int, int]],
) -> None:
    """Put a prefix's continuations in the queue, unless nothing below them can be among the k best."""
    child = node + 1
    while child < trie.ends[node]:
        mass = _entering(
            probabilities, column, trie.letters[node], trie.letters[child], after[trie.heights[child]]
        )
        if mass > 0.0:
            unigram = trie.best_below[child] if a >= 0.0 else trie.worst_below[child]
            bound = shift + np.log(mass) + a * unigram + b * trie.depths[child]
            if bound + SLACK >= best.scores[-1]:
                heapq.heappush(waiting, (-bound, child, place))
        child = trie.ends[child]


@compiled
def _keep(trie: Trie, node: int, ctc: float, a: float, b: float, best: Best) -> None:
    """Put the word that ends at a node in its place among the k best, or drop it."""
    word = trie.words[node]
    score = ctc + a * trie.log_unigram[word] + b * trie.depths[node]
    place = len(best.words)
    while place > 0 and (
        score > best.scores[place - 1] or (score == best.scores[place - 1] and word < best.words[place - 1])
    ):
        place -= 1
    for moved in range(len(best.words) - 1, place, -1):
        best.words[moved] = best.words[moved - 1]
        best.scores[moved] = best.scores[moved - 1]
        best.ctcs[moved] = best.ctcs[moved - 1]
    if place < len(best.words):
        best.words[place], best.scores[place], best.ctcs[place] = word, score, ctc


@compiled
def _begin(probabilities: NDArray[np.float64], column: NDArray[np.float64]) -> None:
    """The empty prefix's column: nothing but blanks."""
    column[0, 0], column[0, 1] = 0.0, 1.0
    for t in range(len(probabilities)):
        column[t + 1, 0] = 0.0
        column[t + 1, 1] = column[t, 1] * probabilities[t, 0]


@compiled
def _extend(
    probabilities: NDArray[np.float64],
    column: NDArray[np.float64],
    last: int,
    letter: int,
    extended: NDArray[np.float64],
) -> None:
    """The column of a prefix with one more letter; the same letter again needs a blank between."""
    extended[0, 0], extended[0, 1] = 0.0, 0.0
    for t in range(len(probabilities)):
        enters = column[t, 1] if letter == last else column[t, 0] + column[t, 1]
        extended[t + 1, 0] = (extended[t, 0] + enters) * probabilities[t, letter]
        extended[t + 1, 1] = (extended[t, 0] + extended[t, 1]) * probabilities[t, 0]


@compiled
def _entering(
    probabilities: NDArray[np.float64],
    column: NDArray[np.float64],
    last: int,
    letter: int,
    after: NDArray[np.float64],
) -> float:
    """The sum over t of the probability that a further letter's first step is t, times after[t]."""
    total = 0.0
    for t in range(len(probabilities)):
        enters = column[t, 1] if letter == last else column[t, 0] + column[t, 1]
        total += enters * probabilities[t, letter] * after[t]
    return total
