"""Our simulation and Flower over the same course: the same clients, network, recipe and rounds."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from bench_data import Data
from course_writing import write_course
from flower_app.course import PLACE, Course
from flower_environment import flower_python
from stopwatch import Stopwatch, TimedJudge

import fedswipe
from fedswipe.errors import FedswipeError
from fedswipe.learning.weights import Weights
from fedswipe.runs.config import Config
from fedswipe.runs.folder import RunFolder
from fedswipe.runs.judging import Judge
from fedswipe.runs.simulate import simulate
from fedswipe.topology import lineage

Say = Callable[[str], None]


@dataclass(frozen=True)
class Racer:
    """Accuracy and seconds of each round."""

    top1: list[float]
    top3: list[float]
    seconds: list[float]

    @property
    def figures(self) -> dict[str, Any]:
        """All of it, and the median of a round behind the first, in which processes start and load code."""
        return vars(self) | {"round_seconds": round(float(np.median(self.seconds[1:] or self.seconds)), 2)}


def race(
    config: Config, base: Weights, data: Data, judge: Judge, folder: RunFolder, minutes: float, say: Say
) -> tuple[Weights, dict[str, Any]]:
    """Run ours, then Flower; return Flower's last model and the figures of both.

    ``apart`` is how far the last models lie from each other, relative to how far ours has moved.
    """
    told = replace(config, judge_every=1, simulate=replace(config.simulate, codec="FP32"))
    ours, model = _ours(told, base, data, judge, folder, say)
    with tempfile.TemporaryDirectory(dir=folder.path) as place:
        course = write_course(told, base, data.people, judge, folder, Path(place))
        _flower(course, folder.path, minutes, say)
        models = list(course.models())
        judged = [judge.on_the_way(one, told.judged_swipes) for one in models]
        flower = Racer([one["top1"] for one in judged], [one["top3"] for one in judged], course.seconds())
    mine, theirs, start = map(judge.architecture.join, (model, models[-1], base))
    figures = {
        "apart": float(np.linalg.norm(theirs - mine) / np.linalg.norm(mine - start)),
        "ours": ours.figures,
        "flower": flower.figures,
        "seconds": round(sum(flower.seconds), 1),
        "ours_faster": round(flower.figures["round_seconds"] / ours.figures["round_seconds"], 2),
    }
    return models[-1], figures


def _ours(
    config: Config, base: Weights, data: Data, judge: Judge, folder: RunFolder, say: Say
) -> tuple[Racer, Weights]:
    watch = Stopwatch(folder.path / "ours-seconds.json")
    timed = TimedJudge(judge.architecture, judge.decoder, judge.unseen, judge.threads, watch)

    def progress(done: int, total: int, loss: float) -> None:
        watch.lap()
        say(f"ours: round {done} of {total}, {watch.laps[-1]:.1f} s, loss {loss:.3f}")

    model = simulate(config, lineage(config.lineage), base, data.people, timed, folder, progress)
    rounds = [one for one in folder.metrics if "top1" in one]
    racer = Racer([one["top1"] for one in rounds], [one["top3"] for one in rounds], watch.laps)
    return racer, model


def _flower(course: Course, folder: Path, minutes: float, say: Say) -> None:
    """Run Flower to its end, or end it in time, with all that it started: its group of processes."""
    say("Flower: making its environment")
    python = flower_python(folder.parent / "flower-venv")
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(fedswipe.__file__).parents[1])])
    # A short path, since its sockets lie in it; what it leaves may still be going when it is taken away.
    with tempfile.TemporaryDirectory(prefix="flower-", ignore_cleanup_errors=True) as temporary:
        environ = os.environ | {
            "PYTHONPATH": paths,
            "FLWR_HOME": temporary,
            "FLWR_TELEMETRY_ENABLED": "0",
            "FLWR_UPDATE_CHECK_ENABLED": "0",
            "RAY_USAGE_STATS_ENABLED": "0",
            PLACE: str(course.folder),
        }
        with (folder / "flower.log").open("wb") as log:
            process = subprocess.Popen(
                [python, "-m", "flower_app", temporary],
                env=environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            start = monotonic()
            try:
                process.wait(60 * minutes)
            except subprocess.TimeoutExpired as error:
                raise FedswipeError(
                    f"Flower: not done in {minutes:g} minutes; see {folder}/flower.log"
                ) from error
            finally:
                _end(process)
    done = len(course.seconds())
    if process.returncode or done < course.rounds:
        raise FedswipeError(f"Flower: {done} of {course.rounds} rounds; see {folder}/flower.log")
    say(f"Flower: {done} rounds, {monotonic() - start:.0f} s with its start and end")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # all of them have ended by themselves
    process.wait()
