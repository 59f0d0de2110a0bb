"""The words that a swipe is most easily taken for: what the training on words has to tell apart."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from fedswipe.learning.examples import Candidates
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.trie import encode_words


def find_candidates(
    decoder: Decoder, log_probs: NDArray[np.float32], words: Sequence[str], search: SearchWeights, k: int
) -> Candidates:
    """The word of each swipe, and the k - 1 best others that the search finds in an output (n, T, classes).

    The right word need not be in the lexicon: then its prior is that of the lexicon's rarest word.
    """
    rarest = float(decoder.lexicon.log_unigram.min())
    known = dict(zip(decoder.lexicon.words, decoder.lexicon.log_unigram.tolist(), strict=True))
    texts, priors = [], np.full((len(words), k), -np.inf, np.float32)
    for row, (word, found) in enumerate(zip(words, decoder.decode_batch(log_probs, search, k), strict=True)):
        rivals = [candidate for candidate in found if candidate.word != word][: k - 1]
        texts += [word, *(rival.word for rival in rivals), *[word] * (k - 1 - len(rivals))]
        priors[row, 0] = search.unigram * known.get(word, rarest) + search.length * len(word)
        priors[row, 1 : 1 + len(rivals)] = [
            search.unigram * rival.log_unigram + search.length * rival.length for rival in rivals
        ]
    codes = encode_words(texts, decoder.layout).astype(np.int64).reshape(len(words), k, -1)
    lengths = (codes > 0).sum(axis=2)
    return Candidates(torch.from_numpy(codes), torch.from_numpy(lengths), torch.from_numpy(priors))
