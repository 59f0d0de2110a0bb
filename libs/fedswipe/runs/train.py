"""Central training, the yardstick of federated training: everybody's swipes in one place."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from fedswipe.learning.weights import Weights
from fedswipe.runs.config import Config
from fedswipe.runs.folder import RunFolder
from fedswipe.runs.judging import Judge
from fedswipe.runs.lessons import spelling_lesson, word_lesson
from fedswipe.runs.people import People, Swipes
from fedswipe.training.central import CentralTraining, shuffled
from fedswipe.training.pretraining import calibrated

Progress = Callable[[int, int, float], None]  # epochs done, epochs in all, loss


def train(
    config: Config, base: Weights, people: People, judge: Judge, folder: RunFolder, progress: Progress
) -> Weights:
    """Train from ``base``; the search's weights are set on people who are neither trained nor judged on."""
    torch.set_num_threads(1)  # the batch's parts use the cores, in an order that is always the same
    recipe, layout = config.train.training, judge.architecture.layout
    swipes = Swipes(
        [word for one in people.clients.values() for word in one.words],
        [gesture for one in people.clients.values() for gesture in one.gestures],
    )
    an_epoch = -(-len(swipes.words) // recipe.batch_size)
    with ThreadPoolExecutor(config.threads) as pool:
        training = CentralTraining(
            judge.architecture, base, recipe, config.train.epochs * an_epoch, pool, config.threads
        )
        if (state := folder.state()) is not None:
            training.restore(state)
        for epoch in range(training.done // an_epoch, config.train.epochs):
            random = np.random.default_rng([config.seed, epoch])
            gestures = config.train.augmentation.apply(layout, swipes.gestures, random)
            examples = spelling_lesson(judge.architecture, swipes.words, gestures)
            if recipe.learns_words(epoch / config.train.epochs):
                model = _set_search(judge, training.weights, people)
                examples = word_lesson(examples, swipes.words, judge.decoder, model, recipe.candidates, pool)
            losses = [training.step(some, random) for some in shuffled(examples, recipe.batch_size, random)]
            figures = {"loss": float(np.mean(losses))}
            if (epoch + 1) % config.judge_every == 0:
                now = _set_search(judge, training.weights, people)
                figures |= judge.on_the_way(now, config.judged_swipes)
            folder.note(epoch + 1, **figures)
            folder.save(training.to_bytes(), epoch + 1)
            progress(epoch + 1, config.train.epochs, figures["loss"])
    return _set_search(judge, training.weights, people)


def _set_search(judge: Judge, weights: Weights, people: People) -> Weights:
    held_out = people.held_out
    return calibrated(
        judge.architecture, weights, judge.decoder, list(held_out.words), list(held_out.gestures)
    )
