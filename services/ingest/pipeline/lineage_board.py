"""What is shown of one lineage: its newest versions, its open window, its newest deltas. Bounded."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from fedswipe.chain import Link
from fedswipe.events import GlobalModelPublished, ModelId, ObjectRef, PredictionServed, SwipeRecorded, Version
from fedswipe.learning.recipe import Recipe
from fedswipe.serving.outcomes import OutcomeJoin
from fedswipe.serving.state import ServingState
from services.ingest.pipeline.shapes import (
    ShownDelta,
    ShownHead,
    ShownLineage,
    ShownServing,
    ShownVersion,
    ShownWindow,
)

VERSIONS = 100
DELTAS = 12
OPEN = 10_000  # deltas of a window whose offsets are kept: nobody folds where there are more
JOINED = 10_000  # swipes whose other half may still come; about 5 MB


@dataclass(frozen=True, slots=True)
class Published:
    """What is kept of a version: `end` of its range, and how many records it settled."""

    version: int
    closed_by: str
    folded: int
    records: int
    end: int


class LineageBoard:
    """Takes what threads read of a lineage; whoever holds the board's lock may call it."""

    def __init__(self, model_id: ModelId) -> None:
        self._model_id = model_id
        self.recipe_ref: ObjectRef | None = None
        self.recipe: Recipe | None = None
        self.serving = ServingState()
        self.latest: deque[ShownDelta] = deque(maxlen=DELTAS)
        self._head: ShownHead | None = None
        self._published: deque[Published] = deque(maxlen=VERSIONS)
        self._settled = 0
        self._open: deque[tuple[int, int]] = deque(maxlen=OPEN)
        self._join = OutcomeJoin(model_id, JOINED)

    @property
    def deltas(self) -> int:
        """How many deltas a link has settled or no link has yet."""
        return self._settled + len(self._open)

    @property
    def waiting(self) -> int:
        """How many deltas no link has settled yet."""
        return len(self._open)

    def take_link(self, link: Link, event: GlobalModelPublished) -> None:
        """Take the next accepted link."""
        records = event.folded + event.refused
        self._head = ShownHead(version=link.version, model_sha256=event.model.sha256, link_sha256=link.sha256)
        self._published.append(Published(link.version, str(event.closed_by), event.folded, records, link.end))
        self._settled += records
        self.recipe_ref = event.recipe
        while self._open and self._open[0][0] < link.end:
            self._open.popleft()
        oldest = self._published[0].version
        for version in [one for one in self._join.tallies if one < oldest]:
            del self._join.tallies[version]

    def take_delta(self, delta: ShownDelta) -> None:
        """Take the next delta of the log."""
        self.latest.append(delta)
        if not self._published or delta.offset >= self._published[-1].end:
            self._open.append((delta.offset, delta.stored_ms))

    def take_outcomes(self, events: Sequence[PredictionServed | SwipeRecorded]) -> None:
        """Take predictions and swipes of this lineage."""
        self._join.add(events)

    def forget_outcomes(self) -> None:
        """Begin to judge anew: the events will be read again."""
        self._join = OutcomeJoin(self._model_id, JOINED)

    def start_of_latest(self) -> int:
        """Return an offset behind which the newest DELTAS lie, as far as the kept versions tell."""
        start, records = 0, 0
        for one in reversed(self._published):
            start = one.end
            if records >= DELTAS:
                break
            records += one.records
        return start

    def shown(self, now_ms: int) -> ShownLineage:
        """Return what is to be seen at this time."""
        return ShownLineage(
            head=self._head,
            window=self._window(now_ms),
            versions=[self._version(one) for one in self._published],
            serving=self._serving(),
        )

    def _version(self, one: Published) -> ShownVersion:
        tally = self._join.tally(Version(one.version))
        return ShownVersion(
            version=one.version,
            closed_by=one.closed_by,
            deltas=one.folded,
            judged=tally.judged,
            right=tally.right,
            among_few=tally.among_few,
        )

    def _window(self, now_ms: int) -> ShownWindow:
        opened = self._open[0][1] if self._open else None
        left = None
        if self.recipe is not None and opened is not None:
            left = round(max(0.0, self.recipe.seconds - (now_ms - opened) / 1000), 1)
        wanted = self.recipe.deltas if self.recipe else None
        return ShownWindow(folded=len(self._open), wanted=wanted, seconds_left=left, opened_ms=opened)

    def _serving(self) -> ShownServing:
        stable, canary = self.serving.stable, self.serving.canary
        return ShownServing(
            stable=stable.version if stable else None,
            pinned=self.serving.pinned,
            canary=canary.link.version if canary else None,
            share=canary.share if canary else None,
        )
