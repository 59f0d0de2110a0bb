from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.compiled import compiled
from fedswipe.swipe.layout import Layout

NO_WORD = -1


@dataclass(frozen=True, eq=False)
class Trie:
    """The prefixes of a lexicon's words, in preorder; node 0 is the empty prefix.

    The nodes below a node follow it up to its end (exclusive), so the children of n are n + 1, the end of
    n + 1, the end of that, ... A node's arrays, each (nodes,):
    letters: int32, class of its last letter. depths: int32, letters so far. ends: int32.
    words: int32, the lexicon's word that ends here or NO_WORD.
    heights: int32, letters of the longest way further down.
    best_below: float64, largest log unigram of the words further down, -inf if there is none.
    """

    letters: NDArray[np.int32]
    depths: NDArray[np.int32]
    ends: NDArray[np.int32]
    words: NDArray[np.int32]
    heights: NDArray[np.int32]
    best_below: NDArray[np.float64]


def build_trie(words: Sequence[str], log_unigram: NDArray[np.float32], layout: Layout) -> Trie:
    """The trie of distinct, non-empty words; ValueError for a word that the layout cannot type."""
    codes = encode_words(words, layout)
    order = np.lexsort(codes.T[::-1]).astype(np.int32)
    nodes = 1 + int(np.count_nonzero(codes))
    trie = Trie(
        letters=np.zeros(nodes, dtype=np.int32),
        depths=np.zeros(nodes, dtype=np.int32),
        ends=np.zeros(nodes, dtype=np.int32),
        words=np.full(nodes, NO_WORD, dtype=np.int32),
        heights=np.zeros(nodes, dtype=np.int32),
        best_below=np.full(nodes, -np.inf),
    )
    used = _grow(codes[order], order, trie.letters, trie.depths, trie.words)
    _close(trie.depths[:used], trie.words, log_unigram, trie.ends, trie.heights, trie.best_below)
    return Trie(
        *(array[:used].copy() for array in (trie.letters, trie.depths, trie.ends, trie.words)),
        *(array[:used].copy() for array in (trie.heights, trie.best_below)),
    )


def encode_words(words: Sequence[str], layout: Layout) -> NDArray[np.int32]:
    """Classes of the words' letters, int32 (W, longest), 0 behind a word's end."""
    strange = set("".join(words)) - set(layout.alphabet)
    if strange:
        raise ValueError(f"words: {min(strange)!r} has no key on {layout.name}; drop the words that hold it")
    lengths = np.array([len(word) for word in words], dtype=np.int64)
    points = np.frombuffer("".join(words).encode("utf-32-le"), dtype=np.uint32)
    classes = np.zeros(1 + max(map(ord, layout.alphabet)), dtype=np.int32)
    classes[[ord(letter) for letter in layout.alphabet]] = np.arange(1, layout.classes)
    codes = np.zeros((len(words), int(lengths.max(initial=0))), dtype=np.int32)
    codes[np.arange(codes.shape[1]) < lengths[:, None]] = classes[points]
    return codes


@compiled
def _grow(
    codes: NDArray[np.int32],
    order: NDArray[np.int32],
    letters: NDArray[np.int32],
    depths: NDArray[np.int32],
    words: NDArray[np.int32],
) -> int:
    """Add words in the alphabet's order: each shares the start it has in common with the word before."""
    used = 1
    for i in range(len(codes)):
        shared = 0
        while i > 0 and shared < codes.shape[1] and codes[i, shared] == codes[i - 1, shared] != 0:
            shared += 1
        for depth in range(shared, codes.shape[1]):
            if codes[i, depth] == 0:
                break
            letters[used] = codes[i, depth]
            depths[used] = depth + 1
            used += 1
        words[used - 1] = order[i]
    return used


@compiled
def _close(
    depths: NDArray[np.int32],
    words: NDArray[np.int32],
    log_unigram: NDArray[np.float32],
    ends: NDArray[np.int32],
    heights: NDArray[np.int32],
    best_below: NDArray[np.float64],
) -> None:
    """Fill in what a node knows about the nodes below it, from the last node to the first."""
    deepest = 0
    for depth in depths:
        deepest = max(deepest, depth)
    following = np.full(deepest + 2, len(depths))  # the next node that is at most this deep
    child_height = np.zeros(deepest + 2, dtype=np.int32)
    child_best = np.full(deepest + 2, -np.inf)
    for node in range(len(depths) - 1, -1, -1):
        depth = depths[node]
        ends[node] = following[depth]
        heights[node] = child_height[depth + 1]
        best_below[node] = child_best[depth + 1]
        child_height[depth + 1] = 0
        child_best[depth + 1] = -np.inf
        here = log_unigram[words[node]] if words[node] != -1 else -np.inf
        child_height[depth] = max(child_height[depth], heights[node] + 1)
        child_best[depth] = max(child_best[depth], best_below[node], here)
        following[depth:] = node
