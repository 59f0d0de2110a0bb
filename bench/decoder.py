"""A swipe's way through features, network and search, in one thread: times, and what the beam misses.

    python bench/decoder.py --logs swipelogs.zip

A time is the thread's own, and the least of some passes over all swipes: other work on the machine counts
little. The start-up is a predictor's without Kafka: a process that has answered one swipe, with no compiled
code at hand and then with it. Without logs the swipes are random walks and nothing says what they meant.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fedswipe.datasets.how_we_swipe import is_unseen, read_people
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.factory import factory_bytes
from fedswipe.learning.inference import Network
from fedswipe.learning.weights import from_bytes, search_weights
from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import Gesture, LabelledGesture
from fedswipe.swipe.layout import Layout, load_layout
from fedswipe.swipe.lexicon import FLOOR, Lexicon, build_lexicon, load_lexicon
from fedswipe.swipe.paths import Paths
from fedswipe.swipe.search import Decoder, Ranking
from fedswipe.swipe.search_weights import SearchWeights

T = TypeVar("T")
Outputs = NDArray[np.float32]

SEED = 7
PASSES = 3
LARGE = 300_000  # words
ENGLISH = 289_000  # about as many wordfreq knows in the English alphabet; the rest is made up
SHARPER = 3.0  # the outputs of a network that is surer of itself: its log probabilities times this
START = """
from datetime import UTC, datetime
import services.predictor.app
from fedswipe.learning.factory import factory_bytes
from fedswipe.swipe.layout import Layout, load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder
from services.predictor.served_model import Identity, load_model
identity = Identity("swipe-en", 1, "", "", datetime.now(UTC))
decoder = Decoder(load_lexicon("en-30k").smoothed(), load_layout("qwerty-en"))
load_model(identity, factory_bytes("swipe-en"), decoder)
"""


def main() -> None:
    arguments = read_arguments()
    layout = load_layout("qwerty-en")
    swipes = read_swipes(arguments.logs, arguments.swipes)
    gestures, meant = [swipe.gesture for swipe in swipes], [swipe.word for swipe in swipes]
    lexicon = load_lexicon("en-30k").with_words(word for word in meant if word).smoothed()
    architecture = Architecture(layout)
    data = arguments.model.read_bytes() if arguments.model else factory_bytes("swipe-en")
    weights = from_bytes(data, architecture)
    network, search = Network(architecture, weights), search_weights(weights)
    outputs = np.concatenate([network.log_probs(extract(layout, [one])) for one in gestures])
    paths = Paths.of(layout, gestures)
    decoder = Decoder(lexicon, layout)

    def predict(gesture: Gesture) -> object:
        outputs, paths = network.log_probs(extract(layout, [gesture])), Paths.of(layout, [gesture])
        return decoder.decode_batch(outputs, search, 10, paths=paths)

    print(f"{len(swipes)} swipes, {len(lexicon.words)} words, {search}")
    show("features", least(lambda gesture: extract(layout, [gesture]), gestures))
    show("network", least(network.log_probs, [extract(layout, [one]) for one in gestures]))
    show("path", least(lambda gesture: Paths.of(layout, [gesture]), gestures))
    show("features, network, path, top 10", least(predict, gestures))
    times(decoder, outputs, paths, search)
    large = Decoder(large_lexicon(lexicon, layout), layout)
    ones = each(outputs, paths)
    few, many = (least(lambda one, d=d: d.decode(one[0], search, 10, one[1]), ones) for d in (decoder, large))
    print(f"{LARGE} words: {np.median(many) / np.median(few):.2f} times p50, ", end="")
    print(
        f"{np.quantile(many, 0.99) / np.quantile(few, 0.99):.2f} times p99, {many.sum() / few.sum():.2f} mean"
    )
    compare(decoder, outputs, paths, search, meant)
    print("the same for sharper outputs")
    times(decoder, sharper(outputs), paths, search)
    compare(decoder, sharper(outputs), paths, search, meant)
    start_up()


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Times of features, network and search in one thread.")
    parser.add_argument("--logs", type=Path, help="the data set How We Swipe: swipelogs.zip or its folder")
    parser.add_argument("--model", type=Path, help="a model's safetensors, default: the factory model")
    parser.add_argument("--swipes", type=int, default=2000)
    return parser.parse_args()


def read_swipes(logs: Path | None, count: int) -> list[LabelledGesture]:
    """Some of the swipes of people whom nothing is trained on, from all of them."""
    random = np.random.default_rng(SEED)
    if logs is None:
        return [LabelledGesture("", random_walk(random)) for _ in range(count)]
    swipes = [swipe for person in read_people(logs) if is_unseen(person.id) for swipe in person.swipes]
    return [swipes[n] for n in random.permutation(len(swipes))[:count]]


def random_walk(random: np.random.Generator) -> Gesture:
    steps = random.normal([0.0, 0.0, 16.0], [6.0, 4.0, 3.0], size=(61, 3))
    steps[0] = [180.0, 100.0, 0.0]
    return Gesture(np.cumsum(steps, axis=0).astype(np.float32), 360.0, 215.0)


def sharper(outputs: Outputs) -> Outputs:
    logs = SHARPER * outputs
    return (logs - np.logaddexp.reduce(logs, axis=2, keepdims=True)).astype(np.float32)


def large_lexicon(lexicon: Lexicon, layout: Layout) -> Lexicon:
    """All that wordfreq knows, and words with one letter changed."""
    words = dict.fromkeys(lexicon.words + build_lexicon("en", ENGLISH, layout).words)
    random = np.random.default_rng(SEED)
    while len(words) < LARGE:
        word, letter = str(random.choice(lexicon.words)), str(random.choice(list(lexicon.alphabet)))
        place = random.integers(len(word))
        words.setdefault(word[:place] + letter + word[place + 1 :])
    log_unigram = np.full(LARGE, np.log(FLOOR), dtype=np.float32)
    log_unigram[: len(lexicon.words)] = lexicon.log_unigram
    return Lexicon(tuple(words), log_unigram, "en", lexicon.alphabet)


def each(outputs: Outputs, paths: Paths) -> list[tuple[Outputs, Paths]]:
    """Every swipe alone."""
    return [(one, paths.of_rows(np.array([n]))) for n, one in enumerate(outputs)]


def times(decoder: Decoder, outputs: Outputs, paths: Paths, search: SearchWeights) -> None:
    rows = np.array_split(np.arange(len(outputs)), 10)
    parts = [(outputs[some], paths.of_rows(some)) for some in rows]
    for k in (10, 50):
        one_by_one = least(lambda one, k=k: decoder.decode(one[0], search, k, one[1]), each(outputs, paths))
        show(f"search, top {k}", one_by_one)
        for name, act in (("decode_batch", decoder.decode_batch), ("rank, arrays", decoder.rank)):
            batch = least(lambda one, k=k, act=act: act(one[0], search, k, paths=one[1]), parts).sum()
            print(f"  {name:30} {batch / one_by_one.sum():8.2f} times that of one by one")


def compare(
    decoder: Decoder, outputs: Outputs, paths: Paths, search: SearchWeights, meant: Sequence[str]
) -> None:
    places = {word: place for place, word in enumerate(decoder.lexicon.words)}
    right = np.array([places.get(word, -2) for word in meant])[:, None]
    beam, every = (rank(outputs, search, 50, paths=paths) for rank in (decoder.rank, decoder.rank_all))

    def share(ranking: Ranking, k: int) -> float:
        return 100.0 * float((ranking.words[:, :k] == right).any(axis=1).mean())

    for k in (1, 3, 10, 50):
        print(f"right word in top {k:2}: scoring all {share(every, k):6.2f} %, beam {share(beam, k):6.2f} %")
    print(f"another first word: {100.0 * (beam.words[:, 0] != every.words[:, 0]).mean():.2f} % of the swipes")


def start_up() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("no compiled code", "compiled code at hand", "once more"):
            before, start = os.times(), time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", START], env=os.environ | {"NUMBA_CACHE_DIR": folder}, check=True
            )
            seconds, after = time.perf_counter() - start, os.times()
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            print(f"start-up, {name:22} {seconds:5.2f} s ({cpu:.2f} s of a core)")


def least(act: Callable[[T], object], things: Sequence[T]) -> NDArray[np.float64]:
    """The least time of each in ms; passes lie apart, or the processor knows a swipe from just before."""
    act(things[0])  # loads compiled code
    spent = np.empty((PASSES, len(things)))
    for single in spent:
        for i, thing in enumerate(things):
            start = time.thread_time()
            act(thing)
            single[i] = time.thread_time() - start
    return 1e3 * spent.min(axis=0)


def show(name: str, spent: NDArray[np.float64]) -> None:
    p50, p99, most = np.quantile(spent, (0.5, 0.99, 1.0))
    print(f"{name:32} p50 {p50:7.3f}  p99 {p99:7.3f}  most {most:7.3f} ms")


if __name__ == "__main__":
    main()
