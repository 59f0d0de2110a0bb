"""A time-synchronous beam over the prefixes of a lexicon: which words are worth an exact score.

After each step a prefix holds the probability that the steps so far spell it and end in its last letter, or
in a blank (prefix beam search: Graves & Jaitly, ICML 2014; Hannun et al. 2014, arXiv 1408.2873), times the
bonus of its letters. What it is ranked by is their sum times the weight of the best word below it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.compiled import compiled
from fedswipe.swipe.trie import NO_WORD, Trie
from fedswipe.swipe.weighing import Weighing

SMALLEST = 5e-324  # above 0
HALVINGS = 9  # of a range of a few hundred nats, to one or less


class Beam(NamedTuple):
    """What a search keeps after a step: `Beam(2**31, inf, 0.0)` is everything.

    width: prefixes at most. reach: nats behind the best one at most. idle: of steps in a row in which no
    letter is likelier than this (times its bonus, relative to the likeliest class) only the first counts.
    """

    width: int
    reach: float
    idle: float


class Prefixes(NamedTuple):
    """Prefixes in the trie's order: nodes, probabilities that end in a letter or in a blank, and ranks."""

    nodes: NDArray[np.int32]
    in_letter: NDArray[np.float64]
    in_blank: NDArray[np.float64]
    ranks: NDArray[np.float64]


@compiled
def find(
    probabilities: NDArray[np.float64], trie: Trie, weighing: Weighing, beam: Beam, found: NDArray[np.int32]
) -> None:
    """Fill found, int32 (N, count), with the words of the last step's prefixes, best first, then NO_WORD.

    probabilities: float64 (N, T, classes), of `Outputs`.
    """
    room = min(len(trie.letters), 3 * min(beam.width, len(trie.letters)) + probabilities.shape[2])
    before = Prefixes(np.empty(room, dtype=np.int32), np.empty(room), np.empty(room), np.empty(room))
    after = Prefixes(np.empty(room, dtype=np.int32), np.empty(room), np.empty(room), np.empty(room))
    for i in range(len(probabilities)):
        before.nodes[0], before.in_letter[0], before.in_blank[0], before.ranks[0] = 0, 0.0, 1.0, 1.0
        held, idles = 1, False
        for t in range(probabilities.shape[1]):
            most = _largest(probabilities[i, t, 1:])
            idled, idles = idles, most * weighing.bonus <= beam.idle
            if held > 0 and not (idled and idles):
                count = _step(probabilities[i, t], most, trie, weighing, beam, before, held, after)
                held = _prune(after, count, beam)
                before, after = after, before
        _name(trie, weighing, before, held, found[i])


@compiled
def _step(
    p: NDArray[np.float64],
    most: float,
    trie: Trie,
    weighing: Weighing,
    beam: Beam,
    before: Prefixes,
    held: int,
    after: Prefixes,
) -> int:
    """Go one step on, to the best prefixes after it and some more; returns how many there are.

    A larger node's children are larger. So the prefixes that stay and those that are reached, both in order,
    are merged like two sorted lists, and one that does both meets itself.
    """
    count, stays, lowest = 0, 0, 0.0
    for j in range(held):
        if count >= 2 * beam.width:  # so that there is room for all that stay and for one's children
            lowest = _lowest_rank(after.ranks[:count], beam.width, lowest)
            count = _keep(after, count, lowest, beam.width)
        node, total = before.nodes[j], before.in_letter[j] + before.in_blank[j]
        reaches = total * weighing.bonus * weighing.below[node]  # a child's rank, but for its probability
        if reaches * most < lowest:
            continue
        for child in range(trie.first[node], trie.first[node + 1]):
            letter = trie.letters[child]
            if reaches * p[letter] < lowest:
                continue
            # The same letter again needs a blank between.
            enters = before.in_blank[j] if letter == trie.letters[node] else total
            in_letter, in_blank = enters * p[letter] * weighing.bonus, 0.0
            if in_letter == 0.0 or in_letter * weighing.below[child] < lowest:
                continue
            while stays < held and before.nodes[stays] < child:
                count = _stay(p, trie, weighing, lowest, before, stays, after, count)
                stays += 1
            if stays < held and before.nodes[stays] == child:
                in_letter += before.in_letter[stays] * p[letter]
                in_blank = (before.in_letter[stays] + before.in_blank[stays]) * p[0]
                stays += 1
            after.nodes[count], after.in_letter[count], after.in_blank[count] = child, in_letter, in_blank
            after.ranks[count] = (in_letter + in_blank) * weighing.below[child]
            count += 1
    for j in range(stays, held):
        count = _stay(p, trie, weighing, lowest, before, j, after, count)
    return count


@compiled
def _stay(
    p: NDArray[np.float64],
    trie: Trie,
    weighing: Weighing,
    lowest: float,
    before: Prefixes,
    j: int,
    after: Prefixes,
    count: int,
) -> int:
    """Add a prefix whose step is a blank, or its last letter once more, unless it ranks too low."""
    node = before.nodes[j]
    in_letter = before.in_letter[j] * p[trie.letters[node]]
    in_blank = (before.in_letter[j] + before.in_blank[j]) * p[0]
    rank = (in_letter + in_blank) * weighing.below[node]
    if rank < lowest or rank == 0.0:
        return count
    after.nodes[count], after.in_letter[count], after.in_blank[count] = node, in_letter, in_blank
    after.ranks[count] = rank
    return count + 1


@compiled
def _prune(prefixes: Prefixes, count: int, beam: Beam) -> int:
    """Keep the best, and divide by the best one's rank, so that long gestures do not underflow."""
    best = _largest(prefixes.ranks[:count])
    lowest = max(best * np.exp(-beam.reach), SMALLEST)  # what has underflowed is not kept
    if count > beam.width:
        lowest = _lowest_rank(prefixes.ranks[:count], beam.width, lowest)
    held = _keep(prefixes, count, lowest, beam.width)
    for j in range(held):
        prefixes.in_letter[j] /= best
        prefixes.in_blank[j] /= best
        prefixes.ranks[j] /= best
    return held


@compiled
def _lowest_rank(ranks: NDArray[np.float64], width: int, lowest: float) -> float:
    """A rank that width or hardly fewer reach, found by halving its logarithm."""
    low, high = max(lowest, 1e-280), max(_largest(ranks), 1e-280)
    for _ in range(HALVINGS):
        middle = np.sqrt(low * high)
        reaching = 0
        for j in range(len(ranks)):  # over ranks itself it would not be vectorised
            reaching += ranks[j] >= middle
        low, high = (middle, high) if reaching > width else (low, middle)
    return float(high)


@compiled
def _largest(values: NDArray[np.float64]) -> float:
    most = 0.0
    for j in range(len(values)):  # numpy's max takes numba a second to compile
        most = max(most, values[j])
    return most


@compiled
def _keep(prefixes: Prefixes, count: int, lowest: float, width: int) -> int:
    """Close up those of at least this rank, the first width of them."""
    kept = 0
    for j in range(count):
        if prefixes.ranks[j] >= lowest and kept < width:
            prefixes.nodes[kept], prefixes.ranks[kept] = prefixes.nodes[j], prefixes.ranks[j]
            prefixes.in_letter[kept], prefixes.in_blank[kept] = prefixes.in_letter[j], prefixes.in_blank[j]
            kept += 1
    return kept


@compiled
def _name(trie: Trie, weighing: Weighing, prefixes: Prefixes, held: int, found: NDArray[np.int32]) -> None:
    """Put the words among the prefixes in order."""
    best = np.zeros(len(found))
    for place in range(len(found)):
        found[place] = NO_WORD
    for j in range(held):
        node = prefixes.nodes[j]
        rank = (prefixes.in_letter[j] + prefixes.in_blank[j]) * weighing.here[node]
        place = len(best) if trie.words[node] != NO_WORD else 0
        while place > 0 and rank > best[place - 1]:
            place -= 1
            if place + 1 < len(best):
                best[place + 1], found[place + 1] = best[place], found[place]
            best[place], found[place] = rank, trie.words[node]
