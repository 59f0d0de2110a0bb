from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.layout import Layout

NO_WORD = -1


class Trie(NamedTuple):
    """The prefixes of a lexicon's words, shortest first, equally long ones in the alphabet's order.

    Node 0 is the empty prefix. The children of n are the nodes first[n] up to first[n + 1] (exclusive): they
    lie side by side, and a larger node's are larger. Each array is (nodes,), first (nodes + 1,).
    letters: class of the node's last letter. words: the lexicon's word that ends here, or NO_WORD.
    best_below, worst_below: largest and smallest log unigram of the words from here on down.
    """

    letters: NDArray[np.uint16]
    first: NDArray[np.int32]
    words: NDArray[np.int32]
    best_below: NDArray[np.float64]
    worst_below: NDArray[np.float64]


def build_trie(spellings: NDArray[np.uint16], log_unigram: NDArray[np.float32]) -> Trie:
    """The trie of distinct words, none of them empty; spellings as of `encode_words`."""
    order = np.lexsort(spellings.T[::-1])
    codes = spellings[order]
    # A letter of a word is a node of its own unless the word before starts with the same letters.
    differs = np.ones(codes.shape, dtype=bool)
    differs[1:] = codes[1:] != codes[:-1]
    is_node = np.logical_or.accumulate(differs, axis=1) & (codes != 0)
    depths, rows = np.nonzero(is_node.T)
    nodes = np.cumsum(is_node.T.ravel()).reshape(is_node.T.shape)  # (letters, words): the node of each prefix
    parents = np.where(depths == 0, 0, nodes[depths - 1, rows])
    count = 1 + len(parents)
    words = np.full(count, NO_WORD, dtype=np.int32)
    words[nodes[np.count_nonzero(codes, axis=1) - 1, np.arange(len(codes))]] = order
    ends = words != NO_WORD
    logs = log_unigram.astype(np.float64)
    best_below, worst_below = np.where(ends, logs[words], -np.inf), np.where(ends, logs[words], np.inf)
    for depth in range(codes.shape[1] - 1, 0, -1):
        below, at = 1 + np.flatnonzero(depths == depth), parents[depths == depth]
        np.maximum.at(best_below, at, best_below[below])
        np.minimum.at(worst_below, at, worst_below[below])
    best_below[0], worst_below[0] = logs.max(), logs.min()
    return Trie(
        letters=np.concatenate(([0], codes[rows, depths])).astype(np.uint16),
        first=(1 + np.searchsorted(parents, np.arange(count + 1))).astype(np.int32),
        words=words,
        best_below=best_below,
        worst_below=worst_below,
    )


def encode_words(words: Sequence[str], layout: Layout) -> NDArray[np.uint16]:
    """Classes of the words' letters, uint16 (W, longest), 0 behind a word's end.

    Raises ValueError for a letter that the layout cannot type.
    """
    strange = set("".join(words)) - set(layout.alphabet)
    if strange:
        raise ValueError(f"words: {min(strange)!r} has no key on {layout.name}; drop the words that hold it")
    lengths = np.array([len(word) for word in words], dtype=np.int64)
    points = np.frombuffer("".join(words).encode("utf-32-le"), dtype=np.uint32)
    classes = np.zeros(1 + max(map(ord, layout.alphabet)), dtype=np.uint16)
    classes[[ord(letter) for letter in layout.alphabet]] = np.arange(1, layout.classes)
    codes = np.zeros((len(words), int(lengths.max(initial=0))), dtype=np.uint16)
    codes[np.arange(codes.shape[1]) < lengths[:, None]] = classes[points]
    return codes
