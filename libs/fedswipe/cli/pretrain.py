"""``fedswipe pretrain``: make a factory model."""

from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.pretraining import PretrainingRecipe
from fedswipe.learning.pretraining import pretrain as train
from fedswipe.learning.weights import search_weights, sha256, to_bytes
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.styles import FACTORY
from fedswipe.topology import lineage


def pretrain(*, out: Path, seed: int, swipes: int, model: str) -> None:
    """Train a model of this lineage on synthetic swipes and write it as safetensors."""
    torch.set_num_threads(1)  # with more, the same seed would give other bytes
    line = lineage(model)
    architecture = Architecture(load_layout(line.layout))
    console = Console(stderr=True)
    columns = (TextColumn("training"), BarColumn(), TextColumn("loss {task.fields[loss]:.3f}"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task("training", loss=float("nan"))
        weights = train(
            architecture,
            load_lexicon(line.lexicon),
            FACTORY,
            PretrainingRecipe(swipes=swipes),
            seed,
            lambda done, total, loss: bar.update(task, completed=done, total=total, loss=loss),
        )
    data = to_bytes(weights)
    out.write_bytes(data)
    console.print(f"{out}: {len(data)} bytes, sha256 {sha256(data)}, {search_weights(weights)}")
