"""How each kind of row comes to its figures; a row that is done is not done again."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from math import isnan
from pathlib import Path
from typing import Any

from bench_data import Data, Typists, read_data
from loop_row import through_the_loop
from personal import personal_figures
from race import race
from settings import Row
from shark2_row import shark2_figures
from stopwatch import Stopwatch, TimedJudge

from fedswipe.errors import FedswipeError
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.factory import factory_bytes
from fedswipe.learning.privacy import cost, epsilon
from fedswipe.learning.weights import Weights, from_bytes, to_bytes
from fedswipe.runs.config import Config, Simulate
from fedswipe.runs.folder import MODEL, RESULT, RunFolder
from fedswipe.runs.judging import Judge
from fedswipe.runs.simulate import simulate
from fedswipe.runs.tracking import Untracked
from fedswipe.runs.train import train
from fedswipe.swipe.layout import load_layout
from fedswipe.topology import lineage

Figures = dict[str, Any]
SECONDS = "seconds.json"
SECTION = {
    "train": "train",
    "simulate": "simulate",
    "loop": "simulate",
    "personal": "simulate",
    "flower": "simulate",
}


@dataclass(eq=False)
class Bench:
    """The folder that holds a folder a row, and the people, who are read when the first row needs them."""

    out: Path
    swipes: Path | None
    typists: Typists
    say: Callable[[str], None]
    _read: dict[str, tuple[Data, Judge]] = field(default_factory=dict)

    def run(self, row: Row) -> Figures:
        """The row's figures, from its result.json when the same settings gave one.

        FedswipeError when the folder holds a run with other settings, or the row cannot be run.
        """
        if row.kind not in KINDS:
            raise FedswipeError(
                f"rows.{row.name}: kind {row.kind!r} is unknown; there are {', '.join(KINDS)}"
            )
        config = row.config(self.out / row.name)
        base = self._model(row, config)
        folder = RunFolder(self.out / row.name, self._settings(row, config, base), Untracked())
        result = folder.path / RESULT
        if result.exists():
            return json.loads(result.read_bytes())
        return KINDS[row.kind](self, row, config, base, folder)

    def is_done(self, row: Row) -> bool:
        """Whether the row's folder holds a result."""
        return (self.out / row.name / RESULT).exists()

    def people(self, config: Config) -> tuple[Data, Judge]:
        """Everybody, and the judge, read once."""
        key = f"{config.lineage} {config.lexicon} {config.threads} {config.seed}"
        if key not in self._read:
            self.say("reading people")
            layout = load_layout(lineage(config.lineage).layout)
            data = read_data(self.swipes, layout, config.lexicon, self.typists, config.seed)
            self._read[key] = data, Judge.of(layout, config.lexicon, data.people, config.threads)
        return self._read[key]

    def _model(self, row: Row, config: Config) -> Weights:
        architecture = Architecture(load_layout(lineage(config.lineage).layout))
        if row.model == "factory":
            return from_bytes(factory_bytes(config.lineage), architecture)
        file = self.out / row.model / MODEL
        if not file.exists():
            raise FedswipeError(
                f"rows.{row.name}: starts from row {row.model}, which is not done; run it first"
            )
        return from_bytes(file.read_bytes(), architecture)

    def _settings(self, row: Row, config: Config, base: Weights) -> dict[str, Any]:
        told = asdict(config)
        sections = {"pretrain", "train", "simulate"} - {SECTION.get(row.kind)}
        people = asdict(self.typists) if self.swipes is None else self.swipes.name
        return {
            "run": row.kind,
            **{name: value for name, value in told.items() if name not in sections},
            "base": hashlib.sha256(to_bytes(base)).hexdigest(),
            "people": people,
        }


def _shark2(bench: Bench, row: Row, config: Config, base: Weights, folder: RunFolder) -> Figures:
    watch = Stopwatch(folder.path / SECONDS)
    figures = shark2_figures(config, *bench.people(config))
    watch.lap()
    return _kept(folder, figures | {"seconds": round(sum(watch.laps), 1)})


def _factory(bench: Bench, row: Row, config: Config, base: Weights, folder: RunFolder) -> Figures:
    return _kept(folder, bench.people(config)[1].whole(base))


def _personal(bench: Bench, row: Row, config: Config, base: Weights, folder: RunFolder) -> Figures:
    watch = Stopwatch(folder.path / SECONDS)
    figures = personal_figures(config, base, *bench.people(config))
    watch.lap()
    return _kept(folder, figures | {"seconds": round(sum(watch.laps), 1)})


def _train(bench: Bench, row: Row, config: Config, base: Weights, folder: RunFolder) -> Figures:
    return _run(bench, row, config, folder, "epochs", lambda *given: train(config, base, *given))


def _simulate(bench: Bench, row: Row, config: Config, base: Weights, folder: RunFolder) -> Figures:
    line = lineage(config.lineage)
    figures = _private(config.simulate)
    return _run(
        bench, row, config, folder, "rounds", lambda *given: simulate(config, line, base, *given), figures
    )


def _private(told: Simulate) -> Figures:
    """The epsilon of the windows' noise, where they have any."""
    if not told.window.noise:
        return {}
    spent = told.rounds * cost(told.window.noise)
    return {"epsilon": round(epsilon(spent, told.window.privacy_delta), 2)}


def _loop(bench: Bench, row: Row, config: Config, base: Weights, folder: RunFolder) -> Figures:
    (folder.path / SECONDS).unlink(missing_ok=True)  # a stack that was ended begins anew
    return _run(bench, row, config, folder, "rounds", lambda *given: through_the_loop(config, *given))


def _run(
    bench: Bench,
    row: Row,
    config: Config,
    folder: RunFolder,
    label: str,
    run: Callable[..., Weights],
    more: Figures | None = None,
) -> Figures:
    data, judge = bench.people(config)
    watch = Stopwatch(folder.path / SECONDS)

    def progress(done: int, total: int, loss: float) -> None:
        watch.lap()
        told = "" if isnan(loss) else f", loss {loss:.3f}"
        bench.say(f"{row.name}: {done} of {total} {label}{told}")

    timed = TimedJudge(judge.architecture, judge.decoder, judge.unseen, judge.threads, watch)
    weights = run(data.people, timed, folder, progress)
    seconds = round(sum(watch.laps), 1)
    return folder.finish(to_bytes(weights), judge.whole(weights) | {"seconds": seconds} | (more or {}), label)


def _flower(bench: Bench, row: Row, config: Config, base: Weights, folder: RunFolder) -> Figures:
    data, judge = bench.people(config)
    weights, figures = race(config, base, data, judge, folder, row.minutes, bench.say)
    return folder.finish(to_bytes(weights), judge.whole(weights) | figures, "rounds")


def _kept(folder: RunFolder, figures: Figures) -> Figures:
    """Write the result of a row that makes no model."""
    result = figures | {"settings": folder.settings}
    fresh = folder.path / f"{RESULT}.new"
    fresh.write_text(json.dumps(result, indent=2))
    fresh.replace(folder.path / RESULT)
    return result


KINDS: dict[str, Callable[[Bench, Row, Config, Weights, RunFolder], Figures]] = {
    "shark2": _shark2,
    "factory": _factory,
    "train": _train,
    "simulate": _simulate,
    "loop": _loop,
    "personal": _personal,
    "flower": _flower,
}
