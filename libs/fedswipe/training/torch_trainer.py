"""Local training by torch, and the search's weights by calibration: the real `ClientTrainer`."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from fedswipe.errors import InvalidMessage
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.inference import Network
from fedswipe.learning.targets import target
from fedswipe.learning.weights import Weights, search_weights, with_search
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.topology import Lineage
from fedswipe.training.calibration import RankedSwipe, calibrate
from fedswipe.training.client_trainer import ClientSwipes, Training
from fedswipe.training.examples import Examples
from fedswipe.training.local import Client, LocalRecipe, LocalResult, train_client
from fedswipe.training.rivals import find_candidates
from fedswipe.training.stacked import train_stacked

JUDGED = 16  # swipes a client at most: searching for more would cost as much as the training
CANDIDATES = 10  # a swipe
Outputs = NDArray[np.float32]  # of the base model for a client's swipes, (n, 32, classes)


@dataclass(frozen=True, eq=False)
class Apparatus:
    """What training one lineage needs besides a model."""

    architecture: Architecture
    decoder: Decoder

    @classmethod
    def of(cls, lineage: Lineage) -> "Apparatus":
        """Load the lineage's layout and lexicon."""
        layout = load_layout(lineage.layout)
        return cls(Architecture(layout), Decoder(load_lexicon(lineage.lexicon).smoothed(), layout))


class TorchTrainer:
    """Trains by a recipe, ``stack`` clients as one computation, and ``threads`` stacks side by side.

    A stack of one is plain PyTorch. Torch itself gets one thread: small products gain nothing from more.
    """

    def __init__(
        self, lineages: Mapping[str, Apparatus], recipe: LocalRecipe, threads: int = 1, stack: int = 1
    ) -> None:
        torch.set_num_threads(1)
        self._recipe = recipe
        self._lineages = lineages
        self._stack = stack
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="train")
        self._judges: dict[str, tuple[str, Network]] = {}  # by model id: the base's link and network

    def train(self, base: BaseModel, clients: Sequence[ClientSwipes]) -> Iterator[Training | InvalidMessage]:
        """Train the network, then fit the search's weights; see `ClientTrainer`."""
        apparatus = self._lineages[base.lineage.model_id]
        # Clients with equally many swipes finish together: that keeps a stack high to its end.
        order = sorted(range(len(clients)), key=lambda place: -len(clients[place].words))
        stacks = [order[start : start + self._stack] for start in range(0, len(order), self._stack)]
        train = partial(self._train_stack, apparatus, self._network(apparatus, base), base)
        work = [self._pool.submit(train, [clients[place] for place in places]) for places in stacks]
        found = {
            place: (task, row)
            for places, task in zip(stacks, work, strict=True)
            for row, place in enumerate(places)
        }
        try:
            for place in range(len(clients)):
                task, row = found[place]
                yield task.result()[row]
        finally:
            for task in work:  # who stops asking wants no more of them
                task.cancel()

    def _train_stack(
        self, apparatus: Apparatus, judge: Network, base: BaseModel, clients: Sequence[ClientSwipes]
    ) -> list[Training | InvalidMessage]:
        outputs = [judge.log_probs(client.features) for client in clients]
        examples = [
            self._examples(apparatus, base, client, found)
            for client, found in zip(clients, outputs, strict=True)
        ]
        results = self._results(apparatus.architecture, base, examples)
        return [
            self._training(apparatus, base, client, found, result)
            for client, found, result in zip(clients, outputs, results, strict=True)
        ]

    def _examples(
        self, apparatus: Apparatus, base: BaseModel, client: ClientSwipes, outputs: Outputs
    ) -> Client:
        targets = [target(apparatus.architecture.layout, word) for word in client.words]
        candidates = None
        if self._recipe.candidates > 1:
            search, most = search_weights(base.weights), self._recipe.candidates
            candidates = find_candidates(apparatus.decoder, outputs, client.words, search, most)
        given = client.correction
        correction = None if given is None else apparatus.architecture.split(given)
        return Client(Examples.of(client.features, targets, candidates), client.seed, correction)

    def _results(
        self, architecture: Architecture, base: BaseModel, clients: Sequence[Client]
    ) -> list[LocalResult]:
        recipe = self._recipe.at(base.version)
        if self._stack == 1:
            return [train_client(architecture, base.weights, client, recipe) for client in clients]
        return train_stacked(architecture, base.weights, clients, recipe)

    def _training(
        self,
        apparatus: Apparatus,
        base: BaseModel,
        client: ClientSwipes,
        outputs: Outputs,
        result: LocalResult,
    ) -> Training | InvalidMessage:
        if not result.is_finite:
            what = f"local training diverged: loss {result.loss_before} before, {result.loss_after} after"
            return InvalidMessage("diverged", f"word and points: {what}; do they belong together?")
        trained = self._calibrated(apparatus, base, client, outputs, result.weights)
        delta = apparatus.architecture.join(trained) - apparatus.architecture.join(base.weights)
        return Training(delta, result.loss_before, result.loss_after)

    def _calibrated(
        self,
        apparatus: Apparatus,
        base: BaseModel,
        client: ClientSwipes,
        outputs: Outputs,
        trained: Weights,
    ) -> Weights:
        """Fit on the base model's candidates: only it has not been trained on these swipes."""
        search = search_weights(base.weights)
        if not self._recipe.calibrates:
            return with_search(trained, search)
        some = slice(None, None, -(-len(client.words) // JUDGED))  # spread over all of them
        found = apparatus.decoder.decode_batch(outputs[some], search, CANDIDATES)
        ranked = map(RankedSwipe.of, found, client.words[some])
        return with_search(trained, calibrate([swipe for swipe in ranked if swipe is not None], search))

    def _network(self, apparatus: Apparatus, base: BaseModel) -> Network:
        model_id = base.lineage.model_id
        link, network = self._judges.get(model_id, (None, None))
        if network is None or link != base.link:
            network = Network(apparatus.architecture, base.weights)
            self._judges[model_id] = (base.link, network)
        return network


def device_named(name: str) -> str:
    """Return the device for a setting; `auto` is a GPU where there is one. ValueError: there is none."""
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise ValueError("no CUDA device is there; use cpu or auto")
    return "cuda" if found and name != "cpu" else "cpu"
