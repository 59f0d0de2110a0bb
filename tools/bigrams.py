"""Makes libs/fedswipe/swipe/contexts/en-30k.bigrams of the language model that pocketsphinx ships.

    pip download --no-deps pocketsphinx==5.1.1 && unzip pocketsphinx-*.whl
    python -P tools/bigrams.py pocketsphinx/model/en-us/en-us.lm.bin

The same file gives the same bytes. It is a trie of reversed n-grams, packed in bits as KenLM packs them
(Heafield, WMT 2011), with logarithms to the base 1.0001.
"""

import hashlib
import struct
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.bigrams import STEP, Bigrams, dump
from fedswipe.swipe.lexicon import Lexicon, load_lexicon

LEXICON = "en-30k"
TARGET = Path(__file__).resolve().parent.parent / "libs/fedswipe/swipe/contexts" / f"{LEXICON}.bigrams"
SHA256 = "db21d0642286677699e6dbc859d2e5395570222361999387ce60f6e1d01995d6"
PAIRS = 300_000  # of 1.8 million: those whose gain, times how often the pair is met, is the largest
HEADER = b"Trie Language Model"
BINS = 1 << 16  # quantised numbers are places in tables of this length
NAT = np.log(1.0001)
FIRST = 0.05  # share of a text's words that begin a sentence; it only weighs which pairs are kept


class Model(NamedTuple):
    """A trigram file's words and pairs: probabilities, and words' backing off; pairs by words' places."""

    words: list[str]
    alone: NDArray[np.float64]
    backoffs: NDArray[np.float64]
    previous: NDArray[np.int64]
    following: NDArray[np.int64]
    pairs: NDArray[np.float64]


def main() -> int:
    """Write the file; refuse another source than the one it is made of."""
    data = Path(sys.argv[1]).read_bytes()
    if (found := hashlib.sha256(data).hexdigest()) != SHA256:
        print(f"{sys.argv[1]}: SHA-256 {found}; give the model of pocketsphinx 5.1.1, {SHA256}")
        return 1
    bigrams = dump(build(read(data), load_lexicon(LEXICON)))
    TARGET.write_bytes(bigrams)
    print(f"{TARGET}: {len(bigrams):,} bytes, SHA-256 {hashlib.sha256(bigrams).hexdigest()}")
    return 0


def read(data: bytes) -> Model:
    """Read the words and pairs of a trigram model in PocketSphinx's binary format."""
    place = len(HEADER) + 1
    words, pairs, triples = struct.unpack_from("<3I", data, place)
    place += 3 * 4 + 4
    tables = np.frombuffer(data, "<f4", 2 * BINS, place)
    place += 3 * 4 * BINS
    rows = np.frombuffer(data, [("log", "<f4"), ("backoff", "<f4"), ("next", "<u4")], words + 1, place)
    place += rows.nbytes
    word_bits, next_bits = words.bit_length(), triples.bit_length()
    width = word_bits + 32 + next_bits
    packed = np.frombuffer(data, np.uint8, ((1 + pairs) * width + 7) // 8 + 8, place)
    place += packed.nbytes + ((1 + triples) * (word_bits + 16) + 7) // 8 + 8
    (length,) = struct.unpack_from("<i", data, place)
    names = data[place + 4 : place + 4 + length].decode().split("\0")[:words]
    firsts: NDArray[np.int64] = rows["next"].astype(np.int64)
    starts = np.arange(firsts[-1]) * width
    return Model(
        words=names,
        alone=np.exp(NAT * rows["log"][:-1].astype(np.float64)),
        backoffs=np.exp(NAT * rows["backoff"][:-1].astype(np.float64)),
        previous=bits(packed, starts, word_bits),
        following=np.repeat(np.arange(words), np.diff(firsts)),
        pairs=np.exp(NAT * tables[bits(packed, starts + word_bits + 16, 16)].astype(np.float64)),
    )


def bits(packed: NDArray[np.uint8], starts: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Numbers of `count` bits (at most 56) that begin at these bits, the least significant ones first."""
    number = np.zeros(len(starts), dtype=np.uint64)
    for byte in range(8):
        number |= packed[(starts >> 3) + byte].astype(np.uint64) << np.uint64(8 * byte)
    return ((number >> (starts & 7).astype(np.uint64)) & np.uint64((1 << count) - 1)).astype(np.int64)


def build(model: Model, lexicon: Lexicon) -> Bigrams:
    """The weightiest pairs of the lexicon's words; words that its spelling makes one add up."""
    size = len(lexicon.words)
    places = {word: place for place, word in enumerate(lexicon.words)} | {"<s>": size}
    spelt = np.array([places.get(word.replace("'", "").replace(".", ""), -1) for word in model.words])
    alone = np.where(spelt == size, 1.0, model.alone)
    known = spelt >= 0
    shares = np.bincount(spelt[known], alone[known], size + 1)
    weights = np.divide(alone, shares[spelt], where=known, out=np.zeros_like(alone))
    backoffs = np.bincount(spelt[known], (weights * model.backoffs)[known], size + 1)
    used = known[model.previous] & known[model.following] & (spelt[model.following] < size)
    previous, following = model.previous[used], model.following[used]
    keys, pair = np.unique(spelt[previous] * size + spelt[following], return_inverse=True)
    joint = np.bincount(pair, weights[previous] * model.pairs[used])
    before, word = np.divmod(keys, size)
    share = np.exp(lexicon.log_unigram.astype(np.float64))
    gains = np.log(joint) - np.log(backoffs[before] * share[word])
    weight = np.append(share, FIRST)[before] * joint * np.abs(gains)
    kept = np.sort(np.lexsort((keys, -weight))[:PAIRS])
    steps = np.clip(np.round(gains[kept] / STEP), -127, 127).astype(np.int8)
    return Bigrams(lexicon.words, keys[kept], steps)


if __name__ == "__main__":
    sys.exit(main())
