"""The factory model: trained on synthetic swipes only, so that nothing of any person is in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import cos, pi

import numpy as np
import torch
from numpy.random import Generator

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.calibration import RankedSwipe, calibrate
from fedswipe.learning.evaluation import Model
from fedswipe.learning.gradient_steps import Adam, clipped
from fedswipe.learning.local_training import Examples, ctc_loss
from fedswipe.learning.network import ConvGRU, read_weights
from fedswipe.learning.targets import target
from fedswipe.learning.weights import Weights, search_weights, with_search
from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.styles import Population
from fedswipe.swipe.synthetic import swipe
from fedswipe.swipe.typists import draw_words

Progress = Callable[[int, int, float], None]  # steps done, steps in all, loss

CHUNK = 2048  # swipes drawn at once
FIRST_SEARCH = SearchWeights(unigram=0.3, length=0.5, scale=1.0)  # finds candidates before anything is known
CALIBRATIONS = 2  # the second ranks its candidates with the weights of the first
TOP_K = 10
WARM_UP, START = 0.3, 0.04  # the share of the steps in which the learning rate rises, and from where


@dataclass(frozen=True)
class PretrainingRecipe:
    """How the factory model is trained: AdamW under a one-cycle learning rate, every swipe seen once.

    ``held_out`` more swipes set the search's weights.
    """

    swipes: int = 40_960
    held_out: int = 2_048
    batch_size: int = 64
    peak_learning_rate: float = 2.5e-3
    weight_decay: float = 1e-2
    clip_norm: float = 1.0


def pretrain(
    architecture: Architecture,
    lexicon: Lexicon,
    population: Population,
    recipe: PretrainingRecipe,
    seed: int,
    progress: Progress,
) -> Weights:
    """A whole model, the same bits for the same arguments as long as torch uses one thread."""
    random = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ConvGRU(architecture).train()
        _fit(network, _batches(architecture.layout, lexicon, population, recipe, random), recipe, progress)
    weights = with_search(read_weights(network), FIRST_SEARCH)
    words, gestures = _draw(architecture.layout, lexicon, population, recipe.held_out, random)
    return calibrated(architecture, weights, Decoder(lexicon, architecture.layout), words, gestures)


def _fit(
    network: ConvGRU, batches: Iterator[Examples], recipe: PretrainingRecipe, progress: Progress
) -> None:
    parameters = list(network.parameters())
    optimizer = Adam(parameters, recipe.weight_decay)
    total = recipe.swipes // recipe.batch_size
    for step, batch in enumerate(batches):
        loss = ctc_loss(network, batch)
        gradients = clipped(torch.autograd.grad(loss, parameters), recipe.clip_norm)
        optimizer.step(gradients, recipe.peak_learning_rate * one_cycle((step + 0.5) / total))
        progress(step + 1, total, float(loss.detach()))


def one_cycle(done: float) -> float:
    """The learning rate over its peak, up and down along cosines (Smith & Topin 2018, arXiv 1708.07120)."""
    if done < WARM_UP:
        return START + (1 - START) * (1 - cos(pi * done / WARM_UP)) / 2
    return (1 + cos(pi * (done - WARM_UP) / (1 - WARM_UP))) / 2


def _batches(
    layout: Layout, lexicon: Lexicon, population: Population, recipe: PretrainingRecipe, random: Generator
) -> Iterator[Examples]:
    for start in range(0, recipe.swipes, CHUNK):
        words, gestures = _draw(layout, lexicon, population, min(CHUNK, recipe.swipes - start), random)
        targets = [target(layout, word) for word in words]
        examples = Examples.of(extract(layout, gestures), targets, "cpu")
        yield from examples.shuffled(recipe.batch_size)


def _draw(
    layout: Layout, lexicon: Lexicon, population: Population, n: int, random: Generator
) -> tuple[list[str], list[Gesture]]:
    """n words and their swipes, each of a typist of its own."""
    words = draw_words(lexicon, n, random)
    return words, swipe(layout, words, population.draw(n, random), random)


def calibrated(
    architecture: Architecture, weights: Weights, decoder: Decoder, words: list[str], gestures: list[Gesture]
) -> Weights:
    """The same network with the search weights that these swipes ask for."""
    for _ in range(CALIBRATIONS):
        model = Model(architecture, weights, decoder)
        ranked = model.rank(model.log_probs(gestures), TOP_K)
        swipes = [RankedSwipe.of(found, word) for found, word in zip(ranked, words, strict=True)]
        search = calibrate([one for one in swipes if one is not None], search_weights(weights))
        weights = with_search(weights, search)
    return weights
