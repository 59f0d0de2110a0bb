"""Words and gestures as examples; with rivals of each word when it is words that are to be learnt."""

from collections.abc import Sequence
from concurrent.futures import Executor

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.inference import Network
from fedswipe.learning.targets import target
from fedswipe.learning.weights import Weights, search_weights
from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.search import Decoder
from fedswipe.training.examples import Candidates, Examples
from fedswipe.training.rivals import find_candidates

PART = 256  # swipes that are searched for at a time


def spelling_lesson(
    architecture: Architecture, words: Sequence[str], gestures: Sequence[Gesture]
) -> Examples:
    """Examples whose words are to be spelt."""
    layout = architecture.layout
    return Examples.of(extract(layout, gestures), [target(layout, word) for word in words])


def word_lesson(
    spelling: Examples, words: Sequence[str], decoder: Decoder, model: Weights, most: int, pool: Executor
) -> Examples:
    """The same examples with the words that this model takes them for, ``most`` with the right one."""
    network, search = Network(Architecture(decoder.layout), model), search_weights(model)
    features = spelling.features.numpy()

    def found(start: int) -> Candidates:
        outputs = network.log_probs(features[start : start + PART])
        return find_candidates(decoder, outputs, words[start : start + PART], search, most)

    parts = list(pool.map(found, range(0, len(words), PART)))
    return Examples(spelling.features, spelling.targets, spelling.lengths, Candidates.joined(parts))
