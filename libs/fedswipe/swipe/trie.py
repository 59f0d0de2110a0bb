from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.compiled import compiled
from fedswipe.swipe.layout import Layout

NO_WORD = -1


class Trie(NamedTuple):
    """The prefixes of a lexicon's words, in preorder; node 0 is the empty prefix.

    The nodes below a node follow it up to its end (exclusive), so the children of n are n + 1, the end of
    n + 1, the end of that, ... Each array is (nodes,) but log_unigram, the lexicon's, (words,).
    letters: class of the node's last letter. depths: letters so far. words: the lexicon's word that ends
    here, or NO_WORD. heights: letters of the longest way further down. best_below: largest log unigram of
    the words from here on down.
    """

    letters: NDArray[np.int32]
    depths: NDArray[np.int32]
    ends: NDArray[np.int32]
    words: NDArray[np.int32]
    heights: NDArray[np.int32]
    best_below: NDArray[np.float64]
    worst_below: NDArray[np.float64]
    log_unigram: NDArray[np.float64]


def build_trie(words: Sequence[str], log_unigram: NDArray[np.float32], layout: Layout) -> Trie:
    """The trie of distinct, non-empty words; ValueError for a word that the layout cannot type."""
    codes = encode_words(words, layout)
    order = np.lexsort(codes.T[::-1])
    most = 1 + int(np.count_nonzero(codes))
    letters, depths, ends, heights = np.zeros((4, most), dtype=np.int32)
    ending = np.full(most, NO_WORD, dtype=np.int32)
    nodes = _grow(codes[order], order, letters, depths, ending)
    trie = Trie(
        letters[:nodes].copy(),
        depths[:nodes].copy(),
        ends[:nodes].copy(),
        ending[:nodes].copy(),
        heights[:nodes].copy(),
        best_below=np.empty(nodes),
        worst_below=np.empty(nodes),
        log_unigram=log_unigram.astype(np.float64),
    )
    _close(trie)
    return trie


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
    order: NDArray[np.int64],
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
def _close(trie: Trie) -> None:
    """Fill in what a node knows about the nodes below it, from the last node to the first."""
    nodes = len(trie.depths)
    deepest = trie.depths.max()
    following = np.full(deepest + 2, nodes)  # by depth: the next node that is not below
    # By depth, of the nodes since the last one less deep.
    tallest = np.zeros(deepest + 2, dtype=np.int32)
    best, worst = np.full(deepest + 2, -np.inf), np.full(deepest + 2, np.inf)
    for node in range(nodes - 1, -1, -1):
        depth = trie.depths[node]
        trie.ends[node] = following[depth]
        trie.heights[node] = tallest[depth + 1]
        trie.best_below[node], trie.worst_below[node] = best[depth + 1], worst[depth + 1]
        if trie.words[node] != NO_WORD:
            here = trie.log_unigram[trie.words[node]]
            trie.best_below[node] = max(trie.best_below[node], here)
            trie.worst_below[node] = min(trie.worst_below[node], here)
        tallest[depth + 1], best[depth + 1], worst[depth + 1] = 0, -np.inf, np.inf
        tallest[depth] = max(tallest[depth], trie.heights[node] + 1)
        best[depth] = max(best[depth], trie.best_below[node])
        worst[depth] = min(worst[depth], trie.worst_below[node])
        following[depth:] = node
