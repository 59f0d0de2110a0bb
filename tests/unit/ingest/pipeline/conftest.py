import hashlib

import pytest

from fedswipe.chain import Link
from fedswipe.events import (
    ClientId,
    ClosedBy,
    GlobalModelPublished,
    ObjectRef,
    OffsetRange,
    PredictionServed,
    Sha256,
    SwipeId,
    SwipeRecorded,
    Version,
)
from fedswipe.topology import LINEAGES
from services.ingest.pipeline.board import Board
from services.ingest.pipeline.shapes import ShownDelta

EN = LINEAGES[0]


class Flow:
    """What happens to one lineage, written to a board as the threads do it."""

    def __init__(self) -> None:
        self.board = Board()
        self.version = 0
        self.end = 0

    def publish(self, records: int = 3, refused: int = 0) -> GlobalModelPublished:
        """A version that settles so many records, each with a gap behind it."""
        start, self.version = self.end, self.version + 1
        self.end += 2 * records
        ref = ObjectRef(f"x/{self.version}", Sha256(hashlib.sha256(b"%d" % self.version).hexdigest()), 1)
        event = GlobalModelPublished(
            *(EN.model_id, Version(self.version), "", (OffsetRange(0, start, self.end),)),
            *(ref, ref, ref, ref, records - refused, refused, 10, ClosedBy.DELTAS, None),
        )
        link = Link(self.version, f"link {self.version}", self.version, self.end, self.version - 1)
        with self.board.lineage(EN.model_id) as lineage:
            lineage.take_link(link, event)
        return event

    def delta(self, offset: int, stored_ms: int = 0) -> None:
        """A delta at this offset of the lineage's partition."""
        shown = ShownDelta(
            delta_id=f"d{offset}",
            client_id="ann",
            model_id=EN.model_id,
            offset=offset,
            bytes=100,
            norm=1.5,
            examples=8,
            base_version=1,
            stored_ms=stored_ms,
        )
        with self.board.lineage(EN.model_id) as lineage:
            lineage.take_delta(shown)

    def judge(self, swipe: str, version: int, word: str, *words: str, layout: str = EN.layout) -> None:
        """A prediction, and the word that was kept."""
        self.board.take_outcomes(
            [
                PredictionServed(ClientId("ann"), SwipeId(swipe), EN.model_id, Version(version), words),
                SwipeRecorded(ClientId("ann"), SwipeId(swipe), layout, word, 1.0, 1.0, (), (), ()),
            ]
        )


@pytest.fixture
def flow() -> Flow:
    return Flow()
