"""What the threads that read topics make of records."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from fedswipe import codec
from fedswipe.dead_letters.closing import Closing, closing
from fedswipe.dead_letters.position import Position
from fedswipe.events import (
    ClientId,
    DeltaCodec,
    DeltaComputed,
    DeltaId,
    ObjectRef,
    OffsetRange,
    PredictionServed,
    Sha256,
    SwipeId,
    SwipeRecorded,
    Version,
)
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.forgotten_brokers import BrokersForgotten
from fedswipe.kafka.record import Record
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import encode_delta
from fedswipe.swipe.layout import load_layout
from fedswipe.topology import LINEAGES, SWIPES
from services.ingest.pipeline import letter_following, lineage_board
from services.ingest.pipeline.delta_following import shown_delta
from services.ingest.pipeline.outcome_following import OutcomeFollowing

if TYPE_CHECKING:
    from conftest import Flow

EN = LINEAGES[0]
SINCE = datetime(2030, 1, 1, tzinfo=UTC)
ARCHITECTURE = Architecture(load_layout(EN.layout))


class Message:
    """A record as the client library gives it."""

    def __init__(self, value: bytes | None) -> None:
        self._value = value

    def value(self) -> bytes | None:
        return self._value

    def offset(self) -> int:
        return 41

    def timestamp(self) -> tuple[int, int]:
        return 2, 1_234


def delta(payload: bytes | None, content: ObjectRef | None = None) -> DeltaComputed:
    return DeltaComputed(
        *(DeltaId("d1"), EN.model_id, Version(3), Sha256("ab" * 32), ClientId("ann")),
        *(OffsetRange(0, 0, 9), (1, 2), 2, 1.0, 0.5, DeltaCodec.FP16, payload, content),
    )


def shown(event: DeltaComputed) -> Any:
    return shown_delta(cast(Any, Message(codec.encode(event))), codec.PackagedSchemas(), ARCHITECTURE)


def test_a_delta_is_shown_with_its_size_and_norm() -> None:
    values = np.random.default_rng(1).normal(0, 0.01, ARCHITECTURE.size).astype(np.float32)
    payload = encode_delta(values, DeltaCodec.FP16)
    one = shown(delta(payload))
    assert (one.delta_id, one.client_id, one.offset, one.stored_ms) == ("d1", "ann", 41, 1_234)
    assert (one.bytes, one.examples, one.base_version) == (len(payload), 2, 3)
    assert one.norm == pytest.approx(
        float(np.linalg.norm(values.astype(np.float16).astype(np.float64))), 1e-4
    )


@pytest.mark.parametrize(
    "event",
    [
        delta(None, ObjectRef("swipe-en/deltas/x", Sha256("ab" * 32), 77)),
        delta(b"\x00" * 77),
        delta(np.full(ARCHITECTURE.size, np.nan, np.float16).tobytes()),
    ],
)
def test_numbers_that_are_not_there_or_are_none_have_no_norm(event: DeltaComputed) -> None:
    one = shown(event)
    assert one.norm is None
    assert one.bytes == (event.content.size if event.content else len(event.payload or b""))


def test_what_is_no_delta_is_not_shown() -> None:
    for value in (None, b"", b"no event"):
        assert shown_delta(cast(Any, Message(value)), codec.PackagedSchemas(), ARCHITECTURE) is None


class Away:
    """Schemas, once only; then the broker that has them is away."""

    def __init__(self) -> None:
        self.asked = 0

    def schema(self, fingerprint: bytes) -> Any:
        self.asked += 1
        if self.asked == 2:
            raise BrokerUnavailable("away")
        return codec.PackagedSchemas().schema(fingerprint)

    def close(self) -> None:
        pass


def test_letters_that_are_read_again_count_once(flow: "Flow", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_following, "PublishedSchemas", lambda _: Away())
    following = letter_following.LetterFollowing(KafkaSettings(), flow.board)
    record = Record(SWIPES.name, 0, 3, None, b"x")
    letter = record.dead_letter("malformed", "why", "trainer")
    closed = closing(Position(SWIPES.name, 0, 3), Closing.DROPPED, "", "operator")
    messages = [Message(codec.encode(letter)), Message(codec.encode(closed)), Message(b"no letter")]
    with pytest.raises(BrokerUnavailable):
        following._take(cast(Any, messages))
    following._take(cast(Any, messages))
    letters = flow.board.snapshot(0).dead_letters
    assert letters.by_reason == {"malformed": 1, letter_following.UNREADABLE: 1}


Batch = Sequence[PredictionServed | SwipeRecorded]


def test_a_lost_client_is_replaced_and_nothing_is_judged_twice(
    flow: "Flow", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage_board, "JOINED", 1)  # what is read again was forgotten meanwhile
    flow = type(flow)()
    flow.publish()
    pairs: Batch = [
        event
        for swipe in map(SwipeId, "st")
        for event in (
            PredictionServed(ClientId("ann"), swipe, EN.model_id, Version(1), ("tea",)),
            SwipeRecorded(ClientId("ann"), swipe, EN.layout, "tea", 1.0, 1.0, (), (), ()),
        )
    ]
    endings: list[Exception | None] = [BrokersForgotten("lost"), BrokerUnavailable("away"), None]
    asked: list[datetime] = []

    def read(since: datetime) -> Iterator[Batch]:
        asked.append(since)
        yield pairs
        if (ending := endings.pop(0)) is not None:
            raise ending
        following.stop()
        yield []

    following = OutcomeFollowing(read, SINCE, flow.board)
    following.run()
    assert asked == [SINCE] * 3
    assert flow.board.snapshot(0).lineages[EN.model_id].versions[0].judged == 2
