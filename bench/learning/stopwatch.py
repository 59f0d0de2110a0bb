"""Seconds of each round without what judging takes, kept in a file for a run that goes on."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from fedswipe.learning.weights import Weights
from fedswipe.runs.judging import Judge


@dataclass(eq=False)
class Stopwatch:
    """Laps, in seconds."""

    file: Path
    laps: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.file.exists():
            self.laps = json.loads(self.file.read_bytes())
        self._start = monotonic()

    def lap(self) -> None:
        """End a lap and begin the next."""
        self.laps.append(round(monotonic() - self._start, 3))
        self.file.write_text(json.dumps(self.laps))
        self._start = monotonic()

    def leave_out(self, seconds: float) -> None:
        """Do not count these of the lap that runs."""
        self._start += seconds


@dataclass(frozen=True, eq=False)
class TimedJudge(Judge):
    """A judge whose time on the way is not a round's."""

    watch: Stopwatch

    def on_the_way(self, weights: Weights, most: int) -> dict[str, float]:
        """Judge, beside the watch."""
        start = monotonic()
        found = super().on_the_way(weights, most)
        self.watch.leave_out(monotonic() - start)
        return found
