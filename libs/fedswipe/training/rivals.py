"""The words that a swipe is most easily taken for: what training on words has to tell apart."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from fedswipe.swipe.search import Decoder
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.trie import NO_WORD, encode_words
from fedswipe.training.examples import Candidates


def find_candidates(
    decoder: Decoder, log_probs: NDArray[np.float32], words: Sequence[str], search: SearchWeights, k: int
) -> Candidates:
    """The word of each swipe, and the k - 1 best others that the search finds in an output (n, T, classes).

    A word that the lexicon lacks is taken to be as frequent as the lexicon's rarest.
    """
    meant = decoder.places(words)
    found = decoder.rank(log_probs, search, k).words
    right = found == meant[:, None]
    rivals = np.take_along_axis(found, np.argsort(right, axis=1, kind="stable"), axis=1)[:, : k - 1]
    own = encode_words(words, decoder.layout)
    longest = max(own.shape[1], decoder.spellings.shape[1])
    targets = np.zeros((len(words), 1 + rivals.shape[1], longest), np.int64)
    targets[:, 0, : own.shape[1]] = own
    targets[:, 1:, : decoder.spellings.shape[1]] = decoder.spellings[rivals]
    lengths = np.count_nonzero(targets, axis=2)
    places = np.column_stack([np.where(meant == NO_WORD, len(decoder.lexicon.words) - 1, meant), rivals])
    priors = search.unigram * decoder.lexicon.log_unigram[places] + search.length * lengths
    priors[:, 1:][rivals == NO_WORD] = -np.inf
    tensors = targets, lengths, priors.astype(np.float32)
    return Candidates(*map(torch.from_numpy, tensors))
