"""A factory model's run: synthetic swipes only."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import torch

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import Weights, with_search
from fedswipe.runs.folder import RunFolder
from fedswipe.runs.lessons import spelling_lesson, word_lesson
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.styles import Population
from fedswipe.training.central import CentralTraining, shuffled
from fedswipe.training.network import fresh_weights
from fedswipe.training.pretraining import (
    FIRST_SEARCH,
    PretrainingRecipe,
    calibrated,
    draw_swipes,
)

SOME = 512  # of a chunk's swipes set the search's weights, by which the words are told apart
Progress = Callable[[int, int, float], None]  # steps done, steps in all, loss


def pretrain(
    architecture: Architecture,
    lexicon: Lexicon,
    population: Population,
    recipe: PretrainingRecipe,
    seed: int,
    threads: int,
    folder: RunFolder,
    progress: Progress,
) -> Weights:
    """A whole model, the same bits for the same arguments; the folder's state is taken up and kept."""
    torch.set_num_threads(1)  # the batch's parts use the cores, in an order that is always the same
    batch, decoder = recipe.training.batch_size, Decoder(lexicon, architecture.layout)
    draw = partial(draw_swipes, architecture.layout, lexicon, population, recipe.temper)
    fresh = with_search(fresh_weights(architecture, seed), FIRST_SEARCH)
    steps = sum(recipe.chunks) // batch
    with ThreadPoolExecutor(threads) as pool:
        training = CentralTraining(architecture, fresh, recipe.training, steps, pool, threads)
        if (state := folder.state()) is not None:
            training.restore(state)
        for number, count in enumerate(recipe.chunks):
            if training.done > sum(recipe.chunks[:number]) // batch:
                continue  # a chunk's state is saved at its end: what is begun was ended
            random = np.random.default_rng([seed, number])
            words, gestures = draw(count, random)
            examples = spelling_lesson(architecture, words, gestures)
            if recipe.training.learns_words(training.done / steps):
                model = calibrated(architecture, training.weights, decoder, words[:SOME], gestures[:SOME])
                most = recipe.training.candidates
                examples = word_lesson(examples, words, decoder, model, most, pool)
            losses = []
            for some in shuffled(examples, batch, random):
                losses.append(training.step(some, random))
                progress(training.done, steps, losses[-1])
            folder.note(training.done, loss=float(np.mean(losses)))
            folder.save(training.to_bytes(), training.done)
        weights = training.weights
    random = np.random.default_rng([seed, len(recipe.chunks)])
    return calibrated(architecture, weights, decoder, *draw(recipe.held_out, random))
