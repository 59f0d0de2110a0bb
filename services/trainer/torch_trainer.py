"""Local training by torch, and the search's weights by calibration: the real `LocalTrainer`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fedswipe.errors import InvalidMessage
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.calibration import RankedSwipe, calibrate
from fedswipe.learning.inference import Network
from fedswipe.learning.local_training import DivergedError, LocalRecipe, train_client
from fedswipe.learning.targets import target
from fedswipe.learning.weights import Weights, search_weights, with_search
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.topology import Lineage
from services.trainer.local_trainer import BaseModel, Training

JUDGED = 16  # swipes a client at most: searching for more would cost as much as the training
CANDIDATES = 10  # a swipe


@dataclass(frozen=True, eq=False)
class Apparatus:
    """What training one lineage needs besides a model."""

    architecture: Architecture
    decoder: Decoder

    @classmethod
    def of(cls, lineage: Lineage) -> "Apparatus":
        """Load the lineage's layout and lexicon."""
        layout = load_layout(lineage.layout)
        return cls(Architecture(layout), Decoder(load_lexicon(lineage.lexicon), layout))


class TorchTrainer:
    """Trains by a recipe, on this many threads of torch. One thread's."""

    def __init__(self, lineages: Sequence[Lineage], recipe: LocalRecipe, threads: int) -> None:
        torch.set_num_threads(threads)
        self._recipe = recipe
        self._apparatus: Mapping[str, Apparatus] = {line.model_id: Apparatus.of(line) for line in lineages}
        self._judges: dict[str, tuple[str, Network]] = {}  # by model id: the base's link and network

    def train(
        self, base: BaseModel, features: NDArray[np.float32], words: Sequence[str], seed: int
    ) -> Training:
        """Train the network, then fit the search's weights; see `LocalTrainer`."""
        apparatus = self._apparatus[base.lineage.model_id]
        architecture = apparatus.architecture
        targets = [target(architecture.layout, word) for word in words]
        try:
            result = train_client(architecture, base.weights, features, targets, self._recipe, seed)
        except DivergedError as error:
            raise InvalidMessage("diverged", f"word and points: {error}; do they belong together?") from error
        trained = self._calibrated(apparatus, base, features, words, result.weights)
        delta = architecture.join(trained) - architecture.join(base.weights)
        return Training(delta, result.loss_before, result.loss_after)

    def _calibrated(
        self,
        apparatus: Apparatus,
        base: BaseModel,
        features: NDArray[np.float32],
        words: Sequence[str],
        trained: Weights,
    ) -> Weights:
        """Fit on the base model's candidates: only it has not been trained on these swipes."""
        search = search_weights(base.weights)
        some = slice(None, None, -(-len(words) // JUDGED))  # spread over all of them
        log_probs = self._network(apparatus, base).log_probs(features[some])
        found = apparatus.decoder.decode_batch(log_probs, search, CANDIDATES)
        ranked = map(RankedSwipe.of, found, words[some])
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
