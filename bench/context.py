"""What the word before a swipe is worth: accuracy with and without it, and the time it takes.

    python bench/context.py --logs swipelogs.zip

Half the prompts of How We Swipe are sentences, the others random words. A sentence is taken for real when two
people or more were asked for it: random words are drawn anew for everyone, so nobody else gets the same ones.
What else a gain might weigh than a unigram is shown on some of the people who may be trained on; those whom
nothing is trained on judge.
The interval is of a bootstrap over people and one over sentences, the wider of both.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fedswipe.datasets.how_we_swipe import is_unseen, read_people
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.factory import factory_bytes
from fedswipe.learning.inference import Network
from fedswipe.learning.weights import from_bytes, search_weights
from fedswipe.swipe.bigrams import UNKNOWN, Bigrams, load_bigrams
from fedswipe.swipe.context import START, word_before
from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import Gesture, LabelledGesture
from fedswipe.swipe.layout import Layout, load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.paths import Paths
from fedswipe.swipe.search import SPARE, Decoder
from fedswipe.swipe.search_weights import SearchWeights

Reader = Callable[[Sequence[Gesture]], NDArray[np.float32]]
Row = tuple[str, LabelledGesture]  # a person and a swipe
Hits = NDArray[np.bool_]
WEIGHTS = (0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5)
BATCH, TIMED, PASSES, SAMPLES, SEED = 256, 400, 5, 1_000, 7
SHOWN = 3


@dataclass(frozen=True, eq=False)
class Swipes:
    """Swipes of one kind of people with the network's outputs, each sentence real or not."""

    outputs: NDArray[np.float32]
    paths: Paths
    words: list[str]
    before: list[str | None]
    people: list[str]
    sentences: list[str]
    real: Hits


def main() -> None:
    arguments = read_arguments()
    layout, bigrams = load_layout("qwerty-en"), load_bigrams("en-30k")
    lexicon = load_lexicon("en-30k").smoothed()
    assert bigrams is not None
    architecture = Architecture(layout)
    data = arguments.model.read_bytes() if arguments.model else factory_bytes("swipe-en")
    weights = from_bytes(data, architecture)
    network, search = Network(architecture, weights), search_weights(weights)
    known, unseen = read_swipes(
        arguments.logs, arguments.part, layout, lambda some: network.log_probs(extract(layout, some))
    )
    decoder = Decoder(lexicon, layout, bigrams=bigrams)
    print(f"model {arguments.model or 'factory'}, {search}")
    for name, swipes in (("may be trained on", known), ("unseen", unseen)):
        people, real, sentences = len(set(swipes.people)), int(swipes.real.sum()), np.array(swipes.sentences)
        different, random = len(np.unique(sentences[swipes.real])), int((~swipes.real).sum())
        print(
            f"{name}: {people} people, {real} swipes of {different} real sentences, {random} of random words"
        )
    compare(decoder, search, bigrams, known)
    judge(decoder, search, unseen)
    times(decoder, search, unseen)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What the word before a swipe is worth.")
    parser.add_argument("--logs", type=Path, required=True, help="How We Swipe: swipelogs.zip or its folder")
    parser.add_argument("--model", type=Path, help="a model's safetensors, default: the factory model")
    parser.add_argument(
        "--part", type=int, default=4, help="other weights are shown on one in so many people"
    )
    return parser.parse_args()


def read_swipes(logs: Path, part: int, layout: Layout, network: Reader) -> tuple[Swipes, Swipes]:
    """Those of a part of the people who may be trained on, and those of all others."""
    asked: dict[str, set[str]] = defaultdict(set)
    kinds: tuple[list[Row], list[Row]] = ([], [])
    for number, person in enumerate(read_people(logs)):
        for swipe in person.swipes:
            asked[" ".join(swipe.sentence)].add(person.id)
        if is_unseen(person.id) or number % part == 0:
            kinds[is_unseen(person.id)].extend((person.id, swipe) for swipe in person.swipes)
    some, others = (of_people(rows, asked, layout, network) for rows in kinds)
    return some, others


def of_people(rows: Sequence[Row], asked: dict[str, set[str]], layout: Layout, network: Reader) -> Swipes:
    gestures = [swipe.gesture for _, swipe in rows]
    sentences = [" ".join(swipe.sentence) for _, swipe in rows]
    return Swipes(
        outputs=np.concatenate([network(gestures[n : n + BATCH]) for n in range(0, len(gestures), BATCH)]),
        paths=Paths.of(layout, gestures),
        words=[swipe.word for _, swipe in rows],
        before=[None if swipe.context is None else word_before(swipe.context) for _, swipe in rows],
        people=[person for person, _ in rows],
        sentences=sentences,
        real=np.array([len(asked[sentence]) > 1 for sentence in sentences]),
    )


def compare(decoder: Decoder, search: SearchWeights, bigrams: Bigrams, swipes: Swipes) -> None:
    """Top-1 and top-3 at other weights of the gains, in that of the unigrams, of `decode`'s finalists."""
    plain = decoder.rank(swipes.outputs, search, SHOWN + SPARE, paths=swipes.paths)
    words = np.append(bigrams.places(decoder.lexicon.words), UNKNOWN)[plain.words]
    gains = bigrams.gains(bigrams.places(swipes.before), words)
    right = decoder.places(swipes.words)
    print("weight   real top-1 top-3   random top-1 top-3   (people who may be trained on)")
    for weight in (0.0, *WEIGHTS):
        order = np.argsort(-(plain.scores + weight * search.unigram * gains), axis=1, kind="stable")
        hits = found(np.take_along_axis(plain.words, order, axis=1), right)
        real, random = 100 * hits[swipes.real].mean(axis=0), 100 * hits[~swipes.real].mean(axis=0)
        print(f"{weight:6.1f}   {real[0]:10.2f} {real[1]:5.2f}   {random[0]:12.2f} {random[1]:5.2f}")


def judge(decoder: Decoder, search: SearchWeights, swipes: Swipes) -> None:
    right = decoder.places(swipes.words)
    without = found(decoder.rank(swipes.outputs, search, SHOWN, None, swipes.paths).words, right)
    first = np.array([word == START for word in swipes.before])
    context = found(decoder.rank(swipes.outputs, search, SHOWN, swipes.before, swipes.paths).words, right)
    unknown = [None if word == START else word for word in swipes.before]
    no_start = found(decoder.rank(swipes.outputs, search, SHOWN, unknown, swipes.paths).words, right)
    print("unseen people, weight 1: top-1 and top-3 without context, with it, and their difference")
    rows = {
        "real sentences": swipes.real,
        "  a sentence's first word": swipes.real & first,
        "  the others": swipes.real & ~first,
        "random words": ~swipes.real,
        "all": np.ones(len(right), dtype=np.bool_),
    }
    for name, rows_of in rows.items():
        a, b, c = (100 * hits[rows_of].mean(axis=0) for hits in (without, context, no_start))
        low, high = interval(context[rows_of, 0], without[rows_of, 0], swipes, rows_of)
        print(
            f"{name:26} {int(rows_of.sum()):6} swipes  {a[0]:6.2f} {a[1]:6.2f}   {b[0]:6.2f} {b[1]:6.2f}"
            f"   {b[0] - a[0]:+6.2f} ({low:+.2f} to {high:+.2f}) {b[1] - a[1]:+6.2f}"
            f"   starts not told {c[0]:6.2f} {c[1]:6.2f}"
        )


def times(decoder: Decoder, search: SearchWeights, swipes: Swipes) -> None:
    """One swipe after another in one thread, the least of some passes each; all in one run, in turns."""
    rows = np.random.default_rng(SEED).permutation(np.nonzero(swipes.real)[0])[:TIMED]
    spent = np.empty((PASSES, 3, len(rows)))
    bare = Decoder(decoder.lexicon, decoder.layout)
    for single in spent:
        for kind, (one, told) in enumerate(((bare, False), (decoder, False), (decoder, True))):
            for place, row in enumerate(rows):
                before, path = [swipes.before[row]] if told else None, swipes.paths.of_rows(rows[place, None])
                start = time.thread_time()
                one.decode_batch(swipes.outputs[row : row + 1], search, 5, before, path)
                single[kind, place] = time.thread_time() - start
    names = ("no bigrams", "none given", "context")
    for name, milliseconds in zip(names, 1e3 * spent.min(axis=0), strict=True):
        p50, p99 = np.quantile(milliseconds, (0.5, 0.99))
        print(
            f"search of one swipe, {name:10} p50 {p50:.3f}  p99 {p99:.3f}  mean {milliseconds.mean():.3f} ms"
        )


def found(words: NDArray[np.int32], right: NDArray[np.int32]) -> Hits:
    """Whether the right word is first, and among the first three; a word that the lexicon lacks is not."""
    same = (words[:, :SHOWN] == right[:, None]) & (right >= 0)[:, None]
    return np.column_stack([same[:, 0], same.any(axis=1)])


def interval(context: Hits, without: Hits, swipes: Swipes, rows: Hits) -> tuple[float, float]:
    """Of the difference in points: 95 %, resampled by people and by sentences."""
    differences = context.astype(np.float64) - without
    bounds = []
    for names in (swipes.people, swipes.sentences):
        _, groups = np.unique(np.array(names)[rows], return_inverse=True)
        sums, counts = np.bincount(groups, differences), np.bincount(groups)
        drawn = np.random.default_rng(SEED).integers(len(counts), size=(SAMPLES, len(counts)))
        shares = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
        bounds.append(100 * np.quantile(shares, (0.025, 0.975)))
    low, high = max(bounds, key=np.ptp).tolist()
    return low, high


if __name__ == "__main__":
    main()
