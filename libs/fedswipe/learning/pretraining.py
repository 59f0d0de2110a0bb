"""The factory model: trained on synthetic swipes only, so that nothing of any person is in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.local_training import Examples, ctc_loss
from fedswipe.learning.network import ConvGRU, read_weights
from fedswipe.learning.targets import target
from fedswipe.learning.weights import Weights
from fedswipe.swipe.features import extract
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.styles import Population
from fedswipe.swipe.synthetic import swipe
from fedswipe.swipe.typists import draw_words

Progress = Callable[[int, int, float], None]  # steps done, steps in all, loss


@dataclass(frozen=True)
class PretrainingRecipe:
    """How the factory model is trained; each epoch draws ``swipes`` new ones, each of a new typist."""

    swipes: int = 40_000
    epochs: int = 6
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
    """The network's parameters (without the search's), the same bits for the same arguments on one thread."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ConvGRU(architecture).train()
        parameters = list(network.parameters())
        optimizer = torch.optim.AdamW(
            parameters, lr=recipe.peak_learning_rate, weight_decay=recipe.weight_decay
        )
        total = recipe.epochs * (recipe.swipes // recipe.batch_size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, recipe.peak_learning_rate, total_steps=total
        )
        for step, batch in enumerate(_batches(architecture, lexicon, population, recipe, seed), start=1):
            loss = ctc_loss(network, batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(parameters, recipe.clip_norm)
            optimizer.step()
            schedule.step()
            progress(step, total, float(loss.detach()))
        return read_weights(network)


def _batches(
    architecture: Architecture, lexicon: Lexicon, population: Population, recipe: PretrainingRecipe, seed: int
) -> Iterator[Examples]:
    random = np.random.default_rng(seed)
    for _ in range(recipe.epochs):
        words = draw_words(lexicon, recipe.swipes, random)
        gestures = swipe(architecture.layout, words, population.draw(len(words), random), random)
        targets = [target(architecture.layout, word) for word in words]
        examples = Examples.of(extract(architecture.layout, gestures), targets, "cpu")
        yield from examples.shuffled(recipe.batch_size)
