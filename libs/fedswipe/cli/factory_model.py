"""Trains a factory model, with a bar on the terminal."""

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.pretraining import PretrainingRecipe, pretrain
from fedswipe.learning.weights import Weights
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.styles import FACTORY


def factory_model(
    layout: Layout, lexicon: Lexicon, recipe: PretrainingRecipe, seed: int, console: Console
) -> Weights:
    """Train on synthetic swipes of the lexicon's words alone."""
    torch.set_num_threads(1)  # with more, the same seed would give other bytes
    columns = (TextColumn("training"), BarColumn(), TextColumn("loss {task.fields[loss]:.3f}"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task("training", loss=float("nan"))
        return pretrain(
            Architecture(layout),
            lexicon,
            FACTORY,
            recipe,
            seed,
            lambda done, total, loss: bar.update(task, completed=done, total=total, loss=loss),
        )
