"""One global model, ready to answer: built and warmed up before anyone is answered by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from fedswipe.errors import FedswipeError
from fedswipe.events import ModelId, Sha256, Version
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.evaluation import Model
from fedswipe.learning.weights import from_bytes, search_weights
from fedswipe.swipe.candidate import shares
from fedswipe.swipe.context import Before
from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.paths import Paths
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.search_weights import SearchWeights

KEYBOARD = (360.0, 200.0)  # pixels, of the gesture that warms up
KEY_MS = 40.0  # its time from one key to the next


class ModelUnfit(FedswipeError):
    """These bytes are not a model that this release can answer with; the message says why."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its probability among the words of its answer (they add up to 1)."""

    word: str
    probability: float


@dataclass(frozen=True, slots=True)
class Identity:
    """Which model it is: its link's version and hash, its own hash, and since when it has been served."""

    model_id: ModelId
    version: Version
    sha256: Sha256
    link_sha256: Sha256
    loaded_since: datetime


@dataclass(frozen=True, eq=False, slots=True)
class ServedModel:
    """A warmed-up model; it never changes, so any number of threads may ask it."""

    identity: Identity
    model: Model
    search: SearchWeights

    def words(self, gestures: Sequence[Gesture], top_k: int, before: Before = None) -> list[list[Word]]:
        """The top_k words of each gesture, best first; `before` as `Decoder` takes it."""
        if not gestures:
            return []
        found = self.model.rank(gestures, top_k, before)
        return [
            [
                Word(candidate.word, share)
                for candidate, share in zip(few, shares(few, self.search).tolist(), strict=True)
            ]
            for few in found
        ]


def load_model(identity: Identity, data: bytes, decoder: Decoder) -> ServedModel:
    """Build a model of its safetensors bytes and let it answer once.

    Raises ModelUnfit: other tensors, shapes or types, numbers that are not finite, search weights out of
    range, or no word for the gesture that warms up.
    """
    architecture = Architecture(decoder.layout)
    try:
        weights = from_bytes(data, architecture)
        served = ServedModel(identity, Model(architecture, weights, decoder), search_weights(weights))
        with np.errstate(all="ignore"):  # what overflows is refused just below, by its result
            (words,) = served.words([over_all_keys(decoder.layout)], top_k=1)
    except ValueError as error:
        raise ModelUnfit(str(error)) from error
    if not words or not np.isfinite(words[0].probability):
        raise ModelUnfit("the model finds no word for the gesture that warms it up")
    return served


def warm_up(decoder: Decoder) -> None:
    """Make the compiled parts load or compile now and not in somebody's first request."""
    gestures = [over_all_keys(decoder.layout)]
    features = extract(decoder.layout, gestures)
    evenly = np.full((features.shape[1], decoder.layout.classes), -np.log(decoder.layout.classes), np.float32)
    search = SearchWeights(unigram=1.0, length=0.0, scale=1.0)
    decoder.decode(evenly, search, top_k=1, paths=Paths.of(decoder.layout, gestures))


def over_all_keys(layout: Layout) -> Gesture:
    """A gesture through every key's centre, in the alphabet's order."""
    times = np.arange(len(layout.centres), dtype=np.float32) * np.float32(KEY_MS)
    points = np.column_stack([layout.centres * np.array(KEYBOARD, np.float32), times])
    return Gesture(points.astype(np.float32), *KEYBOARD)
