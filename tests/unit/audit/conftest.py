"""A lineage in memory, by the aggregator's own handlers; swipes and letters as the trainer leaves them."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from fedswipe import codec
from fedswipe.audit.finding import Kind
from fedswipe.audit.report import Report
from fedswipe.audit.scope import Scope
from fedswipe.audit.verify import verify
from fedswipe.dead_letters.closing import Closing, closing, taken_up
from fedswipe.dead_letters.position import Position, retry_headers
from fedswipe.errors import InvalidMessage
from fedswipe.events import (
    ClientForgotten,
    ClientId,
    DeltaCodec,
    DeltaComputed,
    DeltaId,
    Event,
    GlobalModelPublished,
    OffsetRange,
    SwipeId,
    SwipeRecorded,
)
from fedswipe.kafka.partitioning import partition_of
from fedswipe.kafka.record import Record
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import encode_delta
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import EXPLANATIONS, Verdict
from fedswipe.learning.weights import to_bytes
from fedswipe.serving.rollback import roll_back
from fedswipe.swipe.layout import load_layout
from fedswipe.testing.evidence import InMemoryEvidence
from fedswipe.testing.lineage_log import Fate, InMemoryLineageLog, LineageLogClient
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.topology import CLIENTS, GLOBAL_MODELS, LINEAGES, SWIPES, WEIGHT_DELTAS, Topic, dead_letters
from services.aggregator.handlers import Aggregation
from services.aggregator.mailbox import Assigned
from services.aggregator.objects import Objects

LINE = LINEAGES[0]
RECIPE = Recipe(deltas=2, records=4, staleness=(1024, 724, 512))
KEY = b"the key of the lineages that tests make"
PARTITION = 3  # of the swipes


class TinyArchitecture(Architecture):
    network_shapes = {"weight": (2,), "bias": (1,)}  # type: ignore[assignment]  # noqa: RUF012


TINY = TinyArchitecture(load_layout(LINE.layout))


class Lineage:
    """What was written, as an audit reads it: `evidence` and `store`; tests tamper with both."""

    architecture, line = TINY, LINE

    def __init__(self, recipe: Recipe = RECIPE) -> None:
        self.recipe = recipe
        self.evidence, self.store = InMemoryEvidence(), InMemoryModelStore()
        self._log = InMemoryLineageLog(LINE)
        self._client = LineageLogClient(self._log, lambda _: 1, lambda _: None)
        self._seconds = 0.0
        first = to_bytes(TINY.split(np.arange(TINY.size, dtype=np.float32)))
        self._aggregation = Aggregation(
            *(self._client.chain, Objects(self.store, LINE, TINY, recipe, lambda: first, KEY), self._client),
            *(self.store, codec.PackagedSchemas(), recipe, SimpleNamespace(now=lambda: self._seconds)),
            threading.Event(),
        )
        self._aggregation.handle(Assigned(0))
        self._publish()

    @property
    def head(self) -> int:
        return len(self._client.chain.links)

    def event(self, version: int) -> GlobalModelPublished:
        return self._client.chain.event(version)

    def forge(self, **changed: object) -> None:
        """Rewrite the newest link of the log."""
        place = (GLOBAL_MODELS.name, LINE.partition)
        record = self.evidence.records[place][-1]
        event = codec.decode(GlobalModelPublished, record.value, codec.PackagedSchemas())
        value = codec.encode(replace(event, **changed))  # type: ignore[arg-type]
        self.evidence.records[place][-1] = replace(record, value=value)

    def swipe(self, client: str, swipe_id: str, word: str | None = "hello", points: int = 3) -> int:
        line = tuple(float(n) for n in range(10, 10 + points))
        swipe = SwipeRecorded(
            *(ClientId(client), SwipeId(swipe_id), LINE.layout, word, 360.0, 216.0, line, line, line)
        )
        return self.raw_swipe(codec.encode(swipe))

    def raw_swipe(self, value: bytes | None) -> int:
        return self.evidence.write(SWIPES, PARTITION, value, b"key")

    def forget(self, client: str) -> int:
        """Write what ingest writes when somebody asks to be forgotten."""
        self._log.forget(ClientId(client))
        return self.evidence.write(CLIENTS, 0, codec.encode(ClientForgotten(ClientId(client))))

    def move_swipes(self, client: str) -> None:
        """Have the swipes lie where this client's belong, each with its client as key."""
        place, right = (SWIPES.name, PARTITION), (SWIPES.name, partition_of(client, SWIPES.partitions))
        records = self.evidence.records.pop(place)
        self.evidence.records[right] = [replace(one, key=owner(one)) for one in records]
        self.evidence.ends[right] = self.evidence.ends.pop(place)

    def delta_letter(self, offset: int, reason: Verdict) -> None:
        letter = self._log.deltas[offset][1].dead_letter(reason, EXPLANATIONS[reason], "aggregator")
        self.evidence.write(dead_letters(WEIGHT_DELTAS), LINE.partition, codec.encode(letter))

    def swipe_letter(self, offset: int, reason: str = "malformed") -> None:
        record = next(r for r in self.evidence.records[SWIPES.name, PARTITION] if r.offset == offset)
        letter = codec.encode(record.dead_letter(reason, "made so by a test", "trainer"))
        self.evidence.write(dead_letters(SWIPES), PARTITION, letter)

    def retry(self, letter: int) -> int:
        """Write the swipe again as `fedswipe dlq retry` does."""
        record = next(r for r in self.evidence.records[SWIPES.name, PARTITION] if r.offset == letter)
        headers = retry_headers(record.headers, Position(SWIPES.name, PARTITION, letter))
        return self.evidence.write(SWIPES, PARTITION, record.value, b"key", headers)

    def close_letter(self, letter: int, retry: int, how: Closing = Closing.RETRIED) -> None:
        """Write what a trainer commits with a retry."""
        event = taken_up(Position(SWIPES.name, PARTITION, letter), how, retry, "trainer")
        self.evidence.write(dead_letters(SWIPES), PARTITION, codec.encode(event))

    def drop(self, source: Topic[Event], partition: int, offset: int) -> None:
        """Close a letter as `fedswipe dlq drop` does."""
        event = closing(Position(source.name, partition, offset), Closing.DROPPED, "not wanted", "operator")
        self.evidence.write(dead_letters(source), partition, codec.encode(event))

    def train(self, offsets: Sequence[int], value: float = 0.5, **changed: object) -> int:
        """Write a delta of these swipes, trained from the head; the trainers have settled all there is."""
        head = self._client.chain.head
        assert head is not None
        number, end = len(self._log.deltas), self.evidence.ends[SWIPES.name, PARTITION]
        span = OffsetRange(PARTITION, min(offsets, default=0), max(offsets, default=0) + 1)
        flat = np.full(TINY.size, value, np.float32)
        delta = DeltaComputed(
            *(DeltaId(f"delta-{number}"), LINE.model_id, head.version, head.sha256, ClientId("ann")),  # type: ignore[arg-type]
            *(span, tuple(offsets), len(offsets), 1.0, 0.5, DeltaCodec.FP16),
            *(encode_delta(flat, DeltaCodec.FP16), None),
        )
        self.evidence.settled[PARTITION] = end
        return self.raw_delta(codec.encode(replace(delta, **changed)))  # type: ignore[arg-type]

    def raw_delta(self, value: bytes) -> int:
        offset = self._log.write_delta(value)
        self.evidence.write(WEIGHT_DELTAS, LINE.partition, value, LINE.model_id.encode())
        return offset

    def gap(self) -> None:
        """Leave a transaction's marker behind the deltas."""
        self._log.write_delta(None, Fate.ABORTED)
        self.evidence.ends[WEIGHT_DELTAS.name, LINE.partition] += 1

    def fold(self) -> None:
        """Have the aggregator read what there is; full windows are published."""
        while True:
            head = self._client.chain.head
            assert head is not None
            self._aggregation._awaited_seek = None
            self._aggregation.fold_deltas(self._log.read(head.end, 99))
            if self._client.chain.head == head and self._aggregation._awaited_seek is None:
                return self._publish()

    def close_by_time(self) -> None:
        """Let time pass, as often as a window may have to be folded again: for a new head, for a client."""
        for _ in range(3):
            self._seconds += self.recipe.seconds
            self._aggregation.close_due_window()
            self.fold()

    def roll_back(self, version: int) -> None:
        """As an operator's command does."""
        roll_back(self._client, self.store, version)
        self._publish()

    def raw_link(self, value: bytes) -> None:
        self._log.links.append(value)
        self._publish()

    def round(self, name: str) -> None:
        """Two clients' swipes, trained and folded: one more version."""
        first = [self.swipe("ann", f"{name}-{n}") for n in range(3)]
        second = [self.swipe("bob", f"{name}-{n}") for n in range(2)]
        self.train(first, 0.25)
        self.train(second, -0.5)
        self.gap()
        self.fold()

    def audit(self, scope: Scope = Scope()) -> Report:  # noqa: B008
        return verify(LINE, TINY, self.evidence, self.store, scope)

    def codes(self, scope: Scope = Scope(), kind: Kind = Kind.BROKEN) -> list[str]:  # noqa: B008
        return [one.code for one in self.audit(scope).findings.kept if one.kind is kind]

    def _publish(self) -> None:
        """Copy the links and the deltas' letters to where the audit reads them."""
        known = self.evidence.ends[GLOBAL_MODELS.name, LINE.partition]
        for value in self._log.links[known:]:
            self.evidence.write(GLOBAL_MODELS, LINE.partition, value)
        self._client.follow()
        self._aggregation.follow_head()
        place = (dead_letters(WEIGHT_DELTAS).name, LINE.partition)
        written = {r.offset for r in self.evidence.records[place]}
        for number, (offset, verdicts) in enumerate(sorted(self._log.letters.items())):
            if number not in written:
                (verdict,) = verdicts
                record = self._log.deltas[offset][1]
                letter = record.dead_letter(verdict, EXPLANATIONS[Verdict(verdict)], "aggregator")
                self.evidence.write(dead_letters(WEIGHT_DELTAS), LINE.partition, codec.encode(letter))


def owner(record: Record) -> bytes:
    try:
        return codec.decode(SwipeRecorded, record.value, codec.PackagedSchemas()).client_id.encode()
    except InvalidMessage:
        return b"nobody"


@pytest.fixture
def make_lineage() -> type[Lineage]:
    return Lineage


@pytest.fixture
def lineage() -> Lineage:
    """Four versions: two rounds of two clients, and a window of everything that is refused or not trained."""
    lineage = Lineage()
    lineage.round("one")
    good = lineage.swipe("ann", "again")
    lineage.swipe("ann", "again")  # a repeat
    lineage.swipe("ann", "no-word", None)
    lineage.swipe("ann", "tap", points=1)
    lineage.swipe_letter(lineage.raw_swipe(b"no swipe"))
    lineage.swipe_letter(lineage.swipe("eve", "diverges"), "diverged")
    lineage.train([good])
    lineage.raw_delta(b"no delta")
    lineage.train([], examples=0)
    lineage.fold()
    lineage.close_by_time()
    lineage.round("three")
    return lineage
