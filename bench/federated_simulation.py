"""Federated averaging without a broker: which settings of local training make the model better, and how fast.

    python bench/federated_simulation.py --swipes swipelogs.zip --rounds 10 --clients 30
    python bench/federated_simulation.py --rounds 5 --clients 30          (simulated typists)

Each client trains once. Prints a line a round: every model is judged at its own search weights, on people
who take no part.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray

from fedswipe.datasets.how_we_swipe import is_unseen, read_people
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.calibration import RankedSwipe, calibrate
from fedswipe.learning.evaluation import Model, accuracy
from fedswipe.learning.factory import factory_bytes
from fedswipe.learning.local_training import LocalRecipe, train_client
from fedswipe.learning.targets import target
from fedswipe.learning.weights import Weights, from_bytes, search_weights, with_search
from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout, load_layout
from fedswipe.swipe.lexicon import Lexicon, load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.typists import simulate_typists
from fedswipe.topology import lineage

FEWEST, MOST = 8, 200  # swipes of a client that trains
WEIGHT_CAP = 100
CALIBRATED_ON, TOP_K = 16, 10  # swipes and candidates that set a client's search weights
SIMULATED_SWIPES = 60


@dataclass(frozen=True)
class Client:
    """A person's words and swipes."""

    words: Sequence[str]
    gestures: Sequence[Gesture]


@dataclass(frozen=True)
class Bench:
    """What stays the same in all rounds."""

    architecture: Architecture
    decoder: Decoder
    recipe: LocalRecipe
    unseen: Client

    def judge(self, name: str, weights: Weights) -> None:
        model = Model(self.architecture, weights, self.decoder)
        known = frozenset(self.decoder.lexicon.words)
        found = accuracy(model, self.unseen.words, self.unseen.gestures, known, 1, lambda done: None)
        print(
            f"{name}: top-1 {found.top1:.1%} top-3 {found.top3:.1%} greedy {found.greedy:.1%} "
            f"covered {found.coverage:.1%} {search_weights(weights)}",
            flush=True,
        )

    def round(self, weights: Weights, clients: Sequence[Client], rate: float, seed: int) -> Weights:
        model = Model(self.architecture, weights, self.decoder)
        base = self.architecture.join(weights).astype(np.float64)
        total, examples = np.zeros_like(base), 0
        for number, client in enumerate(clients):
            count = min(len(client.words), WEIGHT_CAP)
            total += count * (self.train(weights, model, client, seed + number) - base)
            examples += count
        return self.architecture.split((base + rate * total / examples).astype(np.float32))

    def train(self, weights: Weights, model: Model, client: Client, seed: int) -> NDArray[np.float32]:
        layout = self.architecture.layout
        targets = [target(layout, word) for word in client.words]
        features = extract(layout, client.gestures)
        result = train_client(self.architecture, weights, features, targets, self.recipe, seed)
        some = np.random.default_rng(seed).permutation(len(client.words))[:CALIBRATED_ON]
        ranked = model.rank(model.log_probs([client.gestures[i] for i in some]), TOP_K)
        swipes = [RankedSwipe.of(found, client.words[i]) for found, i in zip(ranked, some, strict=True)]
        search = calibrate([one for one in swipes if one is not None], search_weights(weights))
        return self.architecture.join(with_search(result.weights, search))


def logged(path: Path, seed: int) -> tuple[list[Client], Client]:
    """The clients who may train, in a random order, and the swipes of those who may not."""
    clients, unseen = [], Client([], [])
    for person in read_people(path):
        words, gestures = [one.word for one in person.swipes], [one.gesture for one in person.swipes]
        if is_unseen(person.id):
            unseen = Client([*unseen.words, *words], [*unseen.gestures, *gestures])
        elif len(words) >= FEWEST:
            clients.append(Client(words[:MOST], gestures[:MOST]))
    order = np.random.default_rng(seed).permutation(len(clients))
    return [clients[i] for i in order], unseen


def simulated(layout: Layout, lexicon: Lexicon, people: int, seed: int) -> tuple[list[Client], Client]:
    """The same of simulated typists."""
    typists = simulate_typists(layout, lexicon, people + 40, SIMULATED_SWIPES, seed)
    clients = [Client(typist.words, typist.gestures) for typist in typists]
    judged = clients[people:]
    words = [word for client in judged for word in client.words]
    return clients[:people], Client(words, [gesture for client in judged for gesture in client.gestures])


def cohorts(clients: Sequence[Client], rounds: int, size: int) -> Iterator[Sequence[Client]]:
    if rounds * size > len(clients):
        raise SystemExit(
            f"{rounds} rounds of {size} clients need {rounds * size} people, {len(clients)} are there"
        )
    return (clients[start : start + size] for start in range(0, rounds * size, size))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--swipes", type=Path)
    parser.add_argument("--lineage", default="swipe-en", help="whose layout, words and factory model")
    parser.add_argument("--model", type=Path, help="safetensors; the factory model without it")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--clients", type=int, default=30, help="a round")
    parser.add_argument("--rate", type=float, default=1.0, help="the server's learning rate")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--optimizer", choices=("sgd", "adam"), default="adam")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--fedprox-mu", type=float, default=0.0)
    parser.add_argument("--judged", type=int, default=2000, help="swipes of people who take no part")
    parser.add_argument("--with-words", action="store_true", help="put every judged word into the lexicon")
    parser.add_argument("--every", type=int, default=1, help="rounds from one judgement to the next")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    torch.set_num_threads(1)
    line = lineage(options.lineage)
    architecture = Architecture(load_layout(line.layout))
    lexicon = load_lexicon(line.lexicon)
    if options.swipes is None:
        people = options.rounds * options.clients
        clients, unseen = simulated(architecture.layout, lexicon, people, options.seed)
    else:
        clients, unseen = logged(options.swipes, options.seed)
    lexicon = lexicon.with_words(set(unseen.words)) if options.with_words else lexicon
    sample = np.random.default_rng(0).permutation(len(unseen.words))[: options.judged]
    judged = Client([unseen.words[i] for i in sample], [unseen.gestures[i] for i in sample])
    recipe = LocalRecipe(
        epochs=options.epochs,
        optimizer=options.optimizer,
        learning_rate=options.learning_rate,
        batch_size=options.batch_size,
        fedprox_mu=options.fedprox_mu,
    )
    bench = Bench(architecture, Decoder(lexicon, architecture.layout), recipe, judged)
    data = options.model.read_bytes() if options.model else factory_bytes(line.model_id)
    weights = from_bytes(data, architecture)
    bench.judge("start", weights)
    start = perf_counter()
    for number, cohort in enumerate(cohorts(clients, options.rounds, options.clients), start=1):
        weights = bench.round(weights, cohort, options.rate, seed=number * 1000)
        if number % options.every == 0:
            seconds = (perf_counter() - start) / (number * options.clients)
            bench.judge(
                f"round {number:2} ({number * options.clients} clients, {seconds:.2f} s each)", weights
            )


if __name__ == "__main__":
    main()
