"""Latency of a swipe's way through features, network and search, in one thread.

    python bench/decoder.py --logs swipelogs.zip --model libs/fedswipe/learning/factory/swipe-en.safetensors

Prints p50 and p99 in ms. Without logs the swipes are random walks; without a model the outputs are peaky ones
drawn around words of the lexicon, and the network's row is missing.
"""

import argparse
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fedswipe.datasets.how_we_swipe import is_unseen, read_people
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.inference import Network
from fedswipe.learning.weights import from_bytes, search_weights
from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout, load_layout
from fedswipe.swipe.lexicon import Lexicon, load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.search_weights import SearchWeights

T = TypeVar("T")

STEPS = 32  # of the network's outputs
SEED = 7


def main() -> None:
    arguments = read_arguments()
    layout, lexicon = load_layout("qwerty-en"), load_lexicon(arguments.lexicon)
    gestures = read_gestures(arguments.logs, arguments.swipes)
    show("features, one swipe", measure(lambda gesture: extract(layout, [gesture]), gestures))
    batches = measure(lambda batch: extract(layout, batch), [gestures] * 20)
    show(f"features, a swipe of {len(gestures)}", batches / len(gestures))
    search = SearchWeights(arguments.unigram, arguments.length, 1.0)
    if arguments.model is None:
        outputs = list(peaky_outputs(layout, lexicon, len(gestures)))
    else:
        architecture = Architecture(layout)
        weights = from_bytes(arguments.model.read_bytes(), architecture)
        network, search = Network(architecture, weights), search_weights(weights)
        inputs = [extract(layout, [gesture]) for gesture in gestures]
        outputs = [network.log_probs(one)[0] for one in inputs]
        show("network", measure(network.log_probs, inputs))
    start = time.perf_counter()
    decoder = Decoder(lexicon, layout)
    print(f"{'decoder built':32} {1e3 * (time.perf_counter() - start):8.1f} ms")
    times = measure(lambda one: decoder.decode(one, search, arguments.top_k), outputs)
    show(f"search, {len(lexicon.words)} words, top {arguments.top_k}", times)
    print(f"search weights: unigram {search.unigram:.3f}, length {search.length:.3f}")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Latency of features, network and search in one thread.")
    parser.add_argument("--logs", type=Path, help="the data set How We Swipe: swipelogs.zip or its folder")
    parser.add_argument("--model", type=Path, help="a model's safetensors; its search weights are used too")
    parser.add_argument("--lexicon", default="en-30k")
    parser.add_argument("--swipes", type=int, default=1000)
    parser.add_argument("--top-k", type=int, default=10)
    parser.add_argument("--unigram", type=float, default=0.25, help="the search's, without a model")
    parser.add_argument("--length", type=float, default=2.2, help="the search's, without a model")
    return parser.parse_args()


def read_gestures(logs: Path | None, count: int) -> list[Gesture]:
    if logs is None:
        random = np.random.default_rng(SEED)
        return [random_walk(random) for _ in range(count)]
    people = (person for person in read_people(logs) if is_unseen(person.id))
    return list(islice((swipe.gesture for person in people for swipe in person.swipes), count))


def random_walk(random: np.random.Generator) -> Gesture:
    steps = random.normal([0.0, 0.0, 16.0], [6.0, 4.0, 3.0], size=(61, 3))
    steps[0] = [180.0, 100.0, 0.0]
    return Gesture(np.cumsum(steps, axis=0).astype(np.float32), 360.0, 215.0)


def peaky_outputs(layout: Layout, lexicon: Lexicon, count: int) -> Iterable[NDArray[np.float32]]:
    """A peak for each letter of a word at random steps, blanks between, noise on everything."""
    random = np.random.default_rng(SEED)
    for word in random.choice(lexicon.words[:5000], size=count):
        logits = random.normal(size=(STEPS, layout.classes))
        logits[:, 0] += 6.0
        steps = np.sort(random.choice(STEPS, size=len(word), replace=False))
        logits[steps, layout.encode(str(word))] += random.normal(9.0, 2.0, size=len(word))
        yield (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def measure(act: Callable[[T], object], things: list[T]) -> NDArray[np.float64]:
    act(things[0])  # loads compiled code
    times = np.empty(len(things))
    for i, thing in enumerate(things):
        start = time.perf_counter()
        act(thing)
        times[i] = time.perf_counter() - start
    return 1e3 * times


def show(name: str, times: NDArray[np.float64]) -> None:
    print(f"{name:32} p50 {np.median(times):8.4f}  p99 {np.quantile(times, 0.99):8.4f} ms")


if __name__ == "__main__":
    main()
