"""Trains a factory model, with a bar on the terminal."""

from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import Weights
from fedswipe.runs.folder import RunFolder
from fedswipe.runs.pretrain import pretrain
from fedswipe.runs.tracking import Untracked
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.training.pretraining import PretrainingRecipe

THREADS = 2


def factory_model(
    layout: Layout, lexicon: Lexicon, recipe: PretrainingRecipe, seed: int, console: Console
) -> Weights:
    """Train on synthetic swipes of the lexicon's words alone."""
    columns = (TextColumn("training"), BarColumn(), TextColumn("loss {task.fields[loss]:.3f}"))
    with (
        TemporaryDirectory(prefix="fedswipe-") as folder,
        Progress(*columns, TimeRemainingColumn(), console=console) as bar,
    ):
        task = bar.add_task("training", loss=float("nan"))
        return pretrain(
            Architecture(layout),
            lexicon,
            recipe,
            seed,
            THREADS,
            RunFolder(Path(folder), {}, Untracked()),
            lambda done, total, loss: bar.update(task, completed=done, total=total, loss=loss),
        )
