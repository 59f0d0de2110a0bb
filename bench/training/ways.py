"""Ways to train the same clients: one after another, in stacks, side by side, by the service's trainer."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from fedswipe.learning.architecture import SEARCH_NAMES
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.inference import Network
from fedswipe.learning.targets import target
from fedswipe.learning.weights import Weights, search_weights
from fedswipe.training.client_trainer import ClientSwipes, Training
from fedswipe.training.examples import Examples
from fedswipe.training.local import Client, LocalRecipe, train_client
from fedswipe.training.rivals import find_candidates
from fedswipe.training.stacked import train_stacked
from fedswipe.training.torch_trainer import Apparatus, TorchTrainer

Vectors = list[np.ndarray]  # one a client
Way = Callable[[], Vectors]


@dataclass(frozen=True, eq=False)
class Bench:
    """The clients, as the trainer gets them and as examples, and the model they train from."""

    apparatus: Apparatus
    base: BaseModel
    swipes: Sequence[ClientSwipes]
    recipe: LocalRecipe

    def clients(self) -> list[Client]:
        """What is trained on, with candidates where the recipe wants them."""
        architecture, decoder = self.apparatus.architecture, self.apparatus.decoder
        network, search = Network(architecture, self.base.weights), search_weights(self.base.weights)
        found = []
        for one in self.swipes:
            targets = [target(architecture.layout, word) for word in one.words]
            candidates, most = None, self.recipe.candidates
            if most:
                outputs = network.log_probs(one.features)
                candidates = find_candidates(decoder, outputs, one.words, search, most)
            found.append(Client(Examples.of(one.features, targets, candidates), one.seed))
        return found

    def vector(self, weights: Weights) -> np.ndarray:
        """The network's weights, without the search's scalars, which only the trainer moves."""
        return self.apparatus.architecture.join(weights)[: -len(SEARCH_NAMES)]


def alone(bench: Bench, clients: Sequence[Client], torch_threads: int = 1) -> Vectors:
    """One client after another."""
    torch.set_num_threads(torch_threads)
    architecture, base = bench.apparatus.architecture, bench.base.weights
    return [bench.vector(train_client(architecture, base, one, bench.recipe).weights) for one in clients]


def together(bench: Bench, clients: Sequence[Client]) -> Vectors:
    results = train_stacked(bench.apparatus.architecture, bench.base.weights, clients, bench.recipe)
    return [bench.vector(result.weights) for result in results]


def side_by_side(bench: Bench, clients: Sequence[Client], stack: int, threads: int) -> Way:
    """Stacks of clients with about equally many swipes, so many at a time; one alone is the plain loop."""
    order = sorted(range(len(clients)), key=lambda place: -len(clients[place].examples))
    stacks = [order[start : start + stack] for start in range(0, len(order), stack)]
    train = alone if stack == 1 else together

    def run() -> Vectors:
        torch.set_num_threads(1)
        with ThreadPoolExecutor(threads) as pool:
            work = pool.map(lambda places: train(bench, [clients[place] for place in places]), stacks)
            trained = [vector for vectors in work for vector in vectors]
        return [trained[row] for row in np.argsort(order)]

    return run


def trainer(bench: Bench, stack: int, threads: int) -> Way:
    """The service's own: it looks for the candidates and sets the search's weights as well."""
    line = bench.base.lineage
    made = TorchTrainer({line.model_id: bench.apparatus}, bench.recipe, threads, stack)

    def run() -> Vectors:
        torch.set_num_threads(1)
        base = bench.vector(bench.base.weights)
        done = list(made.train(bench.base, bench.swipes))
        return [base + one.delta[: -len(SEARCH_NAMES)] for one in done if isinstance(one, Training)]

    return run
