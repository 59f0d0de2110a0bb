"""The factory model: trained on synthetic swipes only, so that nothing of any person is in it."""

from dataclasses import dataclass, field

from numpy.random import Generator

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.evaluation import Model
from fedswipe.learning.weights import Weights, search_weights, with_search
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.styles import FACTORY, STOPPING, Population
from fedswipe.swipe.synthetic import swipe
from fedswipe.swipe.typists import draw_words
from fedswipe.training.calibration import RankedSwipe, calibrate
from fedswipe.training.central import CentralRecipe

CHUNK = 4096  # swipes drawn at once
FIRST_SEARCH = SearchWeights(unigram=0.3, length=0.5, scale=1.0)  # finds candidates before anything is known
CALIBRATIONS = 2  # the second ranks its candidates with the weights of the first
TOP_K = 10


@dataclass(frozen=True)
class PretrainingRecipe:
    """How the factory model is trained: every synthetic swipe is seen once.

    ``held_out`` more swipes set the search's weights, but for the bonus a letter where ``length`` gives it:
    synthetic swipes ask for 2.5, people for about 1.5. Words are drawn by their frequency to the power
    ``temper``: below 1 rare words are seen more often than people write them. On the share ``stopping`` of
    the way, its first part, the typists are not yet the ones that are like people, see `styles.STOPPING`.
    """

    swipes: int = 40_960
    stopping: float = 0.7
    held_out: int = 4_096
    length: float | None = 1.5
    temper: float = 0.75
    training: CentralRecipe = field(default_factory=CentralRecipe)

    @property
    def chunks(self) -> list[int]:
        """How many swipes are drawn at a time, in whole batches."""
        whole = self.swipes - self.swipes % self.training.batch_size
        return [min(CHUNK, whole - start) for start in range(0, whole, CHUNK)]

    def typists(self, chunk: int) -> Population:
        """Who swipes the chunk of this number; behind the last one it is the held out swipes."""
        return STOPPING if chunk < self.stopping * len(self.chunks) else FACTORY


def draw_swipes(
    layout: Layout, lexicon: Lexicon, population: Population, temper: float, n: int, random: Generator
) -> tuple[list[str], list[Gesture]]:
    """n words and their swipes, each of a typist of its own."""
    words = draw_words(lexicon, n, random, temper)
    return words, swipe(layout, words, population.draw(n, random), random)


def calibrated(
    architecture: Architecture, weights: Weights, decoder: Decoder, words: list[str], gestures: list[Gesture]
) -> Weights:
    """The same network with the search weights that these swipes ask for."""
    outputs = Model(architecture, weights, decoder).log_probs(gestures)
    for _ in range(CALIBRATIONS):
        ranked = decoder.decode_batch(outputs, search_weights(weights), TOP_K)
        swipes = [RankedSwipe.of(found, word) for found, word in zip(ranked, words, strict=True)]
        search = calibrate([one for one in swipes if one is not None], search_weights(weights))
        weights = with_search(weights, search)
    return weights
