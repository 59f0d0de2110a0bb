"""`fedswipe pretrain`, `train` and `simulate`: runs that one configuration file describes."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fedswipe.cli.known_lineage import known_lineage
from fedswipe.cli.model_uri import resolve_model
from fedswipe.errors import FedswipeError
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import Weights, WeightsError, from_bytes, to_bytes
from fedswipe.runs.config import Config, read_config
from fedswipe.runs.folder import MODEL, RunFolder
from fedswipe.runs.judging import Judge
from fedswipe.runs.people import People, read_split
from fedswipe.runs.pretrain import pretrain as run_pretrain
from fedswipe.runs.simulate import simulate as run_simulate
from fedswipe.runs.tracking import tracking_from_env
from fedswipe.runs.train import train as run_train
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon

Advance = Callable[[int, int, float], None]


def pretrain(
    config_file: Path | None, out: Path, seed: int | None, swipes: int | None, model: str | None
) -> None:
    """Train a factory model on synthetic swipes only."""
    config = read_config(config_file)
    config = replace(config, seed=config.seed if seed is None else seed, lineage=model or config.lineage)
    if swipes is not None:
        config = replace(config, pretrain=replace(config.pretrain, swipes=swipes))
    line = known_lineage(config.lineage)
    architecture = Architecture(load_layout(line.layout))
    folder, start = _folder(config, out, "pretrain"), monotonic()
    with _bar("steps") as advance:
        weights = run_pretrain(
            architecture,
            load_lexicon(line.lexicon),
            config.pretrain,
            config.seed,
            config.threads,
            folder,
            advance,
        )
    _finish(folder, weights, {"seconds": round(monotonic() - start, 1)}, "steps")


def train(config_file: Path | None, out: Path, swipes: Path) -> None:
    """Train centrally, on everybody's swipes: the yardstick."""
    config = read_config(config_file)
    base, people, judge = _prepare(config, config.train.base, swipes)
    folder, start = _folder(config, out, "train"), monotonic()
    with _bar("epochs") as advance:
        weights = run_train(config, base, people, judge, folder, advance)
    _judged(folder, judge, base, weights, start, "epochs")


def simulate(config_file: Path | None, out: Path, swipes: Path) -> None:
    """Federate in one process, people as clients."""
    config = read_config(config_file)
    base, people, judge = _prepare(config, config.simulate.base, swipes)
    folder, start = _folder(config, out, "simulate"), monotonic()
    with _bar("rounds") as advance:
        line = known_lineage(config.lineage)
        weights = run_simulate(config, line, base, people, judge, folder, advance)
    _judged(folder, judge, base, weights, start, "rounds")


def _prepare(config: Config, base: str, swipes: Path) -> tuple[Weights, People, Judge]:
    layout = load_layout(known_lineage(config.lineage).layout)
    try:
        weights = from_bytes(resolve_model(base, config.lineage), Architecture(layout))
    except WeightsError as error:
        raise FedswipeError(f"base {base}: {error}") from error
    people = read_split(swipes, layout)
    return weights, people, Judge.of(layout, config.lexicon, people, config.threads)


def _folder(config: Config, out: Path, kind: str) -> RunFolder:
    told = asdict(config)
    settings = {"run": kind, **{name: told[name] for name in told if name not in _OTHERS[kind]}}
    return RunFolder(out, settings, tracking_from_env(os.environ, out.name, settings))


_OTHERS = {
    "pretrain": ("train", "simulate"),
    "train": ("pretrain", "simulate"),
    "simulate": ("pretrain", "train"),
}


def _judged(
    folder: RunFolder, judge: Judge, base: Weights, weights: Weights, start: float, label: str
) -> None:
    seconds = round(monotonic() - start, 1)
    figures = {"seconds": seconds, "base": judge.whole(base), "trained": judge.whole(weights)}
    _finish(folder, weights, figures, label)


def _finish(folder: RunFolder, weights: Weights, figures: dict[str, Any], label: str) -> None:
    result = folder.finish(to_bytes(weights), figures, label)
    shown = {name: value for name, value in result.items() if name != "settings"}
    console = Console(stderr=True, soft_wrap=True)
    console.print(f"{folder.path / MODEL}")
    for name, value in shown.items():
        console.print(f"{name}: {value}")


@contextmanager
def _bar(what: str) -> Iterator[Advance]:
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.3f}"),
    )
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None, loss=float("nan"))
        yield lambda done, total, loss: bar.update(task, completed=done, total=total, loss=loss)
