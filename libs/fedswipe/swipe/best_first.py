"""The search for a lexicon's k best words under ctc + a * log unigram + b * letters."""

import heapq

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.compiled import compiled
from fedswipe.swipe.ctc import begin, extend, extend_logs, outlook

SLACK = 1e-9  # a bound and the score it bounds are rounded differently
UNDERFLOW = -650.0  # log of a probability that terms lost below 1e-308 cannot have changed


@compiled
def search(
    log_probs: NDArray[np.float32],
    letters: NDArray[np.int32],
    depths: NDArray[np.int32],
    ends: NDArray[np.int32],
    words: NDArray[np.int32],
    heights: NDArray[np.int32],
    best_below: NDArray[np.float64],
    log_unigram: NDArray[np.float32],
    a: float,
    b: float,
    found: NDArray[np.int32],
    scores: NDArray[np.float64],
    ctcs: NDArray[np.float64],
) -> int:
    """Fill found, scores and ctcs (k,) with the k best words, best first; return the prefixes looked at.

    Equal scores stand in the lexicon's order. Words without any probability are left out: found -1.
    """
    found[:], scores[:] = -1, -np.inf
    # Relative to each step's likeliest class, the numbers of likely words stay far from underflow.
    logs = log_probs.astype(np.float64)
    shift = 0.0
    for t in range(len(logs)):
        likeliest = logs[t].max()
        logs[t] -= likeliest
        shift += likeliest
    looked_at = _best_first(
        np.exp(logs), shift, letters, depths, ends, words, heights, best_below, log_unigram, a, b,
        found, scores, ctcs,
    )  # fmt: skip
    most_bonus = a * best_below[0] + max(b, b * heights[0])
    if scores[-1] < shift + UNDERFLOW + most_bonus:
        found[:], scores[:] = -1, -np.inf
        _every_word(
            log_probs.astype(np.float64), letters, depths, words, heights, log_unigram, a, b, found, scores, ctcs
        )
        looked_at += len(letters)
    return looked_at


@compiled
def _best_first(
    probabilities: NDArray[np.float64],
    shift: float,
    letters: NDArray[np.int32],
    depths: NDArray[np.int32],
    ends: NDArray[np.int32],
    words: NDArray[np.int32],
    heights: NDArray[np.int32],
    best_below: NDArray[np.float64],
    log_unigram: NDArray[np.float32],
    a: float,
    b: float,
    found: NDArray[np.int32],
    scores: NDArray[np.float64],
    ctcs: NDArray[np.float64],
) -> int:
    """Expand the prefix with the highest bound until no bound reaches the k-th best score."""
    steps = len(probabilities)
    further = outlook(probabilities, heights[0], b)
    columns = np.empty((256, steps + 1, 2))
    begin(probabilities, columns[0])
    free = [slot for slot in range(len(columns) - 1, 0, -1)]
    open_prefixes = [(-np.inf, 0, 0)]
    looked_at = 0
    while open_prefixes:
        negative_bound, node, slot = heapq.heappop(open_prefixes)
        if -negative_bound + SLACK < scores[-1]:
            break
        child = node + 1
        while child < ends[node]:
            if not free:
                columns, free = _double(columns)
            of_child = free[-1]
            extend(probabilities, columns[slot], letters[node], letters[child], columns[of_child])
            looked_at += 1
            depth = depths[child]
            if words[child] != -1:
                mass = columns[of_child, steps, 0] + columns[of_child, steps, 1]
                if mass > 0.0:
                    ctc = shift + np.log(mass)
                    score = ctc + a * log_unigram[words[child]] + b * depth
                    _keep(words[child], score, ctc, found, scores, ctcs)
            if heights[child] > 0:
                mass = 0.0
                for t in range(depth, steps):
                    mass += (columns[of_child, t, 0] + columns[of_child, t, 1]) * further[heights[child], t]
                if mass > 0.0:
                    bound = shift + np.log(mass) + a * best_below[child] + b * depth
                    if bound + SLACK >= scores[-1]:
                        free.pop()
                        heapq.heappush(open_prefixes, (-bound, child, of_child))
            child = ends[child]
        free.append(slot)
    return looked_at


@compiled
def _double(columns: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[int]]:
    """Twice the columns, and the new ones' slots."""
    more = np.empty((2 * len(columns), columns.shape[1], 2))
    more[: len(columns)] = columns
    return more, [slot for slot in range(2 * len(columns) - 1, len(columns) - 1, -1)]


@compiled
def _keep(
    word: int,
    score: float,
    ctc: float,
    found: NDArray[np.int32],
    scores: NDArray[np.float64],
    ctcs: NDArray[np.float64],
) -> None:
    """Put a word in its place among the k best; equal scores stand in the lexicon's order."""
    place = len(found) - 1
    if score < scores[place] or (score == scores[place] and word > found[place] >= 0):
        return
    while place > 0 and (score > scores[place - 1] or (score == scores[place - 1] and word < found[place - 1])):
        found[place], scores[place], ctcs[place] = found[place - 1], scores[place - 1], ctcs[place - 1]
        place -= 1
    found[place], scores[place], ctcs[place] = word, score, ctc


@compiled
def _every_word(
    logs: NDArray[np.float64],
    letters: NDArray[np.int32],
    depths: NDArray[np.int32],
    words: NDArray[np.int32],
    heights: NDArray[np.int32],
    log_unigram: NDArray[np.float32],
    a: float,
    b: float,
    found: NDArray[np.int32],
    scores: NDArray[np.float64],
    ctcs: NDArray[np.float64],
) -> None:
    """Score all words on logarithms: for steps so sharp that the best words' probabilities underflow."""
    steps = len(logs)
    columns = np.full((heights[0] + 1, steps + 1, 2), -np.inf)
    columns[0, 0, 1] = 0.0
    for t in range(steps):
        columns[0, t + 1, 1] = columns[0, t, 1] + logs[t, 0]
    path = np.zeros(heights[0] + 1, dtype=np.int32)
    for node in range(1, len(letters)):
        depth = depths[node]
        path[depth] = letters[node]
        extend_logs(logs, columns[depth - 1], path[depth - 1], path[depth], columns[depth])
        if words[node] != -1:
            ctc = np.logaddexp(columns[depth, steps, 0], columns[depth, steps, 1])
            if ctc > -np.inf:
                score = ctc + a * log_unigram[words[node]] + b * depth
                _keep(words[node], score, ctc, found, scores, ctcs)
