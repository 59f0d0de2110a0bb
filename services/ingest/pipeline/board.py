"""What is shown of the flow: threads that read topics write here, whoever asks gets one snapshot of it."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fedswipe.events import ModelId, PredictionServed, SwipeRecorded
from fedswipe.topology import AGGREGATORS, LINEAGES, TRAINERS, lineage_of_layout
from services.ingest.pipeline.changes import Changes
from services.ingest.pipeline.lineage_board import DELTAS, LineageBoard
from services.ingest.pipeline.rate import Rate
from services.ingest.pipeline.shapes import (
    Behind,
    Counted,
    Deltas,
    Letters,
    Pipeline,
    ShownDelta,
    ShownPredictor,
)

REASONS = 50  # that are counted by name
OTHER = "other"


class Board:
    """Bounded whatever the age of the process: it holds no truth, the topics have it.

    `judged_since_ms` is from when on predictions and words are read.
    """

    def __init__(self, judged_since_ms: int = 0) -> None:
        self.changes = Changes()
        self.predictors: list[ShownPredictor] = []
        self.caught_up = False
        self._judged_since_ms = judged_since_ms
        self._lock = threading.RLock()
        self._lineages = {line.model_id: LineageBoard(line.model_id) for line in LINEAGES}
        self._letters: Counter[str] = Counter()
        self._swipes = self._requests = self._untrained = 0
        self._rates = {name: Rate() for name in ("swipes", "requests", "deltas")}

    @contextmanager
    def lineage(self, model_id: ModelId) -> Iterator[LineageBoard]:
        """Give a lineage's part to write to."""
        with self.looking(model_id) as lineage:
            yield lineage
        self.changes.note()

    @contextmanager
    def looking(self, model_id: ModelId) -> Iterator[LineageBoard]:
        """Give a lineage's part to look at."""
        with self._lock:
            yield self._lineages[model_id]

    def take_outcomes(self, events: Sequence[PredictionServed | SwipeRecorded]) -> None:
        """Take predictions and swipes; each is its lineage's."""
        by_model: dict[ModelId, list[PredictionServed | SwipeRecorded]] = {}
        for event in events:
            if (model_id := _model_of(event)) is not None:
                by_model.setdefault(model_id, []).append(event)
        for model_id, its in by_model.items():
            if model_id in self._lineages:
                with self.lineage(model_id) as lineage:
                    lineage.take_outcomes(its)

    def take_letter(self, reason: str) -> None:
        """Count a dead letter."""
        with self._lock:
            known = reason in self._letters or len(self._letters) < REASONS
            self._letters[reason if known else OTHER] += 1
        self.changes.note()

    def take_counts(self, at: float, swipes: int, requests: int, untrained: int | None) -> None:
        """Take the topics' lengths at a reading of the clock; `untrained` (None: as before) is the lag."""
        with self._lock:
            before = (self._swipes, self._requests, self._untrained, self._per_second())
            self._swipes, self._requests = swipes, requests
            self._untrained = self._untrained if untrained is None else untrained
            self._rates["swipes"].sample(at, swipes)
            self._rates["requests"].sample(at, requests)
            if self.caught_up:
                self._rates["deltas"].sample(at, self._deltas())
            changed = before != (self._swipes, self._requests, self._untrained, self._per_second())
        if changed:
            self.changes.note()

    def take_predictors(self, predictors: list[ShownPredictor]) -> None:
        """Take what the predictors answered."""
        if predictors != self.predictors:
            self.predictors = predictors
            self.changes.note()

    def set_caught_up(self, *, caught_up: bool) -> None:
        """Say whether everything has been read to its end."""
        if caught_up != self.caught_up:
            self.caught_up = caught_up
            self.changes.note()

    def snapshot(self, now_ms: int) -> Pipeline:
        """Return everything as it is at this time."""
        with self._lock:
            swipes, requests, deltas = self._per_second()
            return Pipeline(
                at_ms=now_ms,
                judged_since_ms=self._judged_since_ms,
                caught_up=self.caught_up,
                swipes=Counted(total=self._swipes, per_second=swipes),
                requests=Counted(total=self._requests, per_second=requests),
                deltas=Deltas(total=self._deltas(), per_second=deltas, latest=self._latest()),
                lineages={name: one.shown(now_ms) for name, one in self._lineages.items()},
                predictors=self.predictors,
                lag=self._lag(),
                dead_letters=Letters(total=self._letters.total(), by_reason=dict(self._letters)),
            )

    def _deltas(self) -> int:
        return sum(one.deltas for one in self._lineages.values())

    def _per_second(self) -> tuple[float, ...]:
        return tuple(rate.per_second for rate in self._rates.values())

    def _latest(self) -> list[ShownDelta]:
        every = [delta for one in self._lineages.values() for delta in one.latest]
        return sorted(every, key=lambda delta: delta.stored_ms, reverse=True)[:DELTAS]

    def _lag(self) -> dict[str, Behind]:
        waiting = {AGGREGATORS[name].name: one.waiting for name, one in self._lineages.items()}
        return {group: Behind(behind=n) for group, n in {TRAINERS.name: self._untrained, **waiting}.items()}


def _model_of(event: PredictionServed | SwipeRecorded) -> ModelId | None:
    if isinstance(event, PredictionServed):
        return event.model_id
    line = lineage_of_layout(event.layout)
    return line.model_id if line else None
