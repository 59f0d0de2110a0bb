"""A factory model's run: synthetic swipes only."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import accumulate

import numpy as np
import torch
from numpy.random import Generator

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import Weights, search_weights, with_search
from fedswipe.runs.folder import RunFolder
from fedswipe.runs.lessons import spelling_lesson, word_lesson
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.search import Decoder
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
Drawn = tuple[list[str], list[Gesture], Generator]  # words, their swipes, the generator that goes on
Draw = Callable[[int, int], Drawn]  # a chunk's number, how many it has


def pretrain(
    architecture: Architecture,
    lexicon: Lexicon,
    recipe: PretrainingRecipe,
    seed: int,
    threads: int,
    folder: RunFolder,
    progress: Progress,
) -> Weights:
    """A whole model, the same bits for the same arguments; the folder's state is taken up and kept."""
    torch.set_num_threads(1)  # the batch's parts use the cores, in an order that is always the same
    batch, decoder = recipe.training.batch_size, Decoder(lexicon, architecture.layout)

    def draw(chunk: int, count: int) -> Drawn:
        random = np.random.default_rng([seed, chunk])
        found = draw_swipes(architecture.layout, lexicon, recipe.typists(chunk), recipe.temper, count, random)
        return *found, random

    fresh = with_search(fresh_weights(architecture, seed), FIRST_SEARCH)
    steps = sum(recipe.chunks) // batch
    with ThreadPoolExecutor(threads) as pool:
        training = CentralTraining(architecture, fresh, recipe.training, steps, pool, threads)
        if (state := folder.state()) is not None:
            training.restore(state)
        begun = sum(training.done * batch >= end for end in accumulate(recipe.chunks))
        for words, gestures, random in _drawn_ahead(draw, recipe.chunks, begun):
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
    words, gestures, _ = draw(len(recipe.chunks), recipe.held_out)
    weights = calibrated(architecture, weights, decoder, words, gestures)
    if recipe.length is None:
        return weights
    return with_search(weights, replace(search_weights(weights), length=recipe.length))


def _drawn_ahead(draw: Draw, chunks: list[int], begun: int) -> Iterator[Drawn]:
    """Each chunk from the one numbered ``begun`` on; the next one is drawn while this one is learnt."""
    with ThreadPoolExecutor(1, thread_name_prefix="draw") as pool:
        ahead = None
        for number in range(begun, len(chunks)):
            now = ahead or pool.submit(draw, number, chunks[number])
            ahead = pool.submit(draw, number + 1, chunks[number + 1]) if number + 1 < len(chunks) else None
            yield now.result()
