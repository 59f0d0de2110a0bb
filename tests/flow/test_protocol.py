"""Rule 1, "the log decides", driven against the aggregator's own handlers and reader.

Aggregators race, crash at any call, pause and lose answers; an operator rolls back; clients are forgotten.
A zombie is one that gets no steps, or whose link waits on the wire. FEDSWIPE_RUNS sets how many interleavings
are tried.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from confluent_kafka import TopicPartition
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fedswipe import codec
from fedswipe.codec import PackagedSchemas
from fedswipe.events import (
    ClientId,
    DeltaCodec,
    DeltaComputed,
    DeltaId,
    GlobalModelPublished,
    OffsetRange,
    Sha256,
    Version,
)
from fedswipe.kafka.consume_loop import Membership
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import encode_delta
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import UNLETTERED, Verdict
from fedswipe.learning.weights import to_bytes
from fedswipe.serving.rollback import rollback
from fedswipe.swipe.layout import load_layout
from fedswipe.testing.lineage_log import Delivery, Fate, InMemoryLineageLog, LineageLogClient
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.testing.replay import Replay
from fedswipe.topology import LINEAGES, WEIGHT_DELTAS
from services.aggregator.delta_reader import DeltaReader
from services.aggregator.handlers import Aggregation
from services.aggregator.mailbox import HeadMoved, Mail
from services.aggregator.objects import Objects

RUNS = int(os.environ.get("FEDSWIPE_RUNS", "200"))
LINE = LINEAGES[0]
CLIENTS = [ClientId(name) for name in ("ann", "bob", "eve")]
RECIPE = Recipe(deltas=3, records=5, seconds=10.0, staleness=(1024, 724, 512))
BOUND = RECIPE.staleness_bound


class TinyArchitecture(Architecture):
    network_shapes = {"weight": (2,)}  # type: ignore[assignment]  # noqa: RUF012  (a constant here)


TINY = TinyArchitecture(load_layout(LINE.layout))
FIRST = to_bytes(TINY.split(np.arange(TINY.size, dtype=np.float32)))


class Crash(Exception):
    """The process is gone in the middle of a call."""


class NoWait(threading.Event):
    """Retries without waiting."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


class Process:
    """One aggregator: its own chain, position and mailbox around the real handlers and the real reader."""

    def __init__(self, log: InMemoryLineageLog, store: InMemoryModelStore) -> None:
        self.log, self.mailbox = log, deque[Mail]()
        self.position: int | None = None
        self.calls_to_crash = 0
        self.seconds = 0.0
        seek = lambda offset: self.reader.seek(offset)  # noqa: E731  (the reader comes later)
        self.client = LineageLogClient(log, seek, lambda _: self.mailbox.append(HeadMoved()), self.trouble)
        follower = SimpleNamespace(chain=self.client.chain, wait_caught_up=lambda _: True)
        self.reader = DeltaReader(LINE, cast(Any, follower), self.mailbox.append)
        guarded = cast(Any, SimpleNamespace(put=self.guard(store.put), get=self.guard(store.get)))
        self.aggregation = Aggregation(
            self.client.chain,
            Objects(guarded, LINE, TINY, RECIPE, lambda: FIRST),
            self.client,
            guarded,
            PackagedSchemas(),
            RECIPE,
            SimpleNamespace(now=lambda: self.seconds),
            NoWait(),
        )
        append = self.client.append_link

        def append_link(data: bytes) -> None:
            manifest = manifest_of(codec.decode(GlobalModelPublished, data, PackagedSchemas()), store)
            assert not manifest.entries or manifest.clients_end == log.clients.end, "FORGOTTEN: too late"
            append(data)

        self.client.append_link = append_link  # type: ignore[method-assign]
        self.client.follow()
        self.mailbox.clear()  # a chain reader tells of no head before it has caught up

    def trouble(self) -> None:
        self.calls_to_crash -= 1
        if self.calls_to_crash == 0:
            raise Crash

    def guard(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any) -> Any:
            self.trouble()
            return call(*args)

        return guarded

    def assign(self) -> None:
        self.revoke()
        everything = [TopicPartition(WEIGHT_DELTAS.name, p) for p in range(WEIGHT_DELTAS.partitions)]
        (ours,) = self.reader.assigned(everything, Membership(None))
        assert ours.partition == LINE.partition
        self.position = ours.offset

    def revoke(self) -> None:
        self.reader.revoked()
        self.position = None

    def poll(self, most: int) -> None:
        for partition in self.reader.rewind():
            assert self.position is not None, "SEEK: in a partition that is not assigned"
            self.position = partition.offset
        if self.position is not None and (batch := self.log.read(self.position, most)):
            self.position = batch[-1].offset + 1
            self.reader.records(batch)

    def handle(self, pieces: int) -> None:
        for _ in range(min(pieces, len(self.mailbox))):
            mail = self.mailbox.popleft()
            self.aggregation.handle(mail)
            self.reader.handled(mail)

    def pass_time(self) -> None:
        self.seconds += RECIPE.seconds
        self.aggregation.close_due_window()


def manifest_of(event: GlobalModelPublished, store: InMemoryModelStore) -> Manifest:
    return Manifest.from_bytes(store.get(event.manifest))


class World(RuleBasedStateMachine):
    @initialize(started=st.booleans())
    def begin(self, started: bool) -> None:
        self.log, self.store = InMemoryLineageLog(LINE), InMemoryModelStore()
        self.replay = Replay(LINE, TINY, self.store, self.committed, self.log.clients.until)
        self.proved = 0
        self.processes = [self.start(), self.start()]
        for process in self.processes:
            process.assign()
            process.handle(9 * started)

    def start(self) -> Process:
        return Process(self.log, self.store)

    def committed(self, start: int, end: int) -> Any:
        for fate, record in self.log.deltas[start:end]:
            assert fate is not Fate.OPEN, "LOST: a range reaches past an open transaction"
            if fate is Fate.COMMITTED:
                yield record

    @rule(
        count=st.integers(1, 3),
        kind=st.sampled_from(
            ["good"] * 4 + ["content", "missing", "changed", "unreadable", "not finite", "left behind"]
        ),
        value=st.sampled_from([1.0, -1.0, 0.25]),
        age=st.integers(0, BOUND + 1),
        unsettled=st.sampled_from([False] * 6 + [True]),
        fate=st.sampled_from([Fate.COMMITTED, Fate.ABORTED]),
    )
    def write_deltas(
        self, count: int, kind: str, value: float, age: int, unsettled: bool, fate: Fate
    ) -> None:
        """Write a few in a transaction that may stay open; it ends here if the one before still is."""
        self.settle(fate)
        for _ in range(count):
            self.write_delta(kind, value, age, unsettled)

    def write_delta(self, kind: str, value: float, age: int, unsettled: bool) -> None:
        number, chain = len(self.log.deltas), self.replay.chain
        version = max(1, len(chain.links) - age)
        base = chain.link(version)
        payload = encode_delta(np.full(TINY.size, value, np.float32), DeltaCodec.FP16)
        delta = DeltaComputed(
            delta_id=DeltaId(f"delta-{number}"),
            model_id=LINE.model_id,
            base_version=Version(version),
            base_link=base.sha256 if base else Sha256("0" * 64),
            client_id=CLIENTS[number % len(CLIENTS)],
            swipes=OffsetRange(0, number, number + 1),
            swipe_offsets=(number,),
            examples=number % 7,
            loss_before=1.0,
            loss_after=0.5,
            codec=DeltaCodec.FP16,
            payload=payload,
            content=None,
        )
        if kind == "not finite":
            delta = replace(delta, payload=np.full(TINY.size, np.nan, "<f2").tobytes())
        if kind == "content":
            delta = replace(delta, payload=None, content=self.store.put("swipe-en/deltas", payload))
        if kind in ("missing", "changed"):
            delta = replace(delta, payload=None, content=self.store.put("swipe-en/deltas", self.own(number)))
            key = delta.content.key if delta.content else ""
            self.store.objects[key] = b"tampered with"
            if kind == "missing":
                del self.store.objects[key]
        value_ = b"no event" if kind == "unreadable" else codec.encode(delta)
        self.log.write_delta(value_, Fate.OPEN if unsettled else Fate.COMMITTED)

    def own(self, number: int) -> bytes:
        """A payload that no other delta has."""
        return encode_delta(np.full(TINY.size, 1 + number / 1024, np.float32), DeltaCodec.FP16)

    @precondition(lambda self: self.log.deltas)
    @rule(number=st.integers(0, 9))
    def mend(self, number: int) -> None:
        """Have the store hold what it lacked; a link that was published before keeps its witness."""
        self.store.put("swipe-en/deltas", self.own(len(self.log.deltas) - 1 - number % len(self.log.deltas)))

    @precondition(lambda self: self.log.deltas)
    @rule(number=st.integers(0, 9))
    def send_again(self, number: int) -> None:
        offset = len(self.log.deltas) - 1 - number % len(self.log.deltas)
        self.log.write_delta(self.log.deltas[offset][1].value)

    @rule(client=st.sampled_from([*CLIENTS[:2], *[ClientId("who never came")] * 4]))
    def forget(self, client: ClientId) -> None:
        self.log.forget(client)

    @rule(fate=st.sampled_from([Fate.COMMITTED, Fate.ABORTED]))
    def settle(self, fate: Fate) -> None:
        """End the transaction that holds every reader back."""
        for offset in range(len(self.log.deltas)):
            self.log.settle(offset, fate)

    @rule(which=st.integers(0, 1), takes=st.booleans())
    def rebalance(self, which: int, takes: bool) -> None:
        process = self.processes[which]
        process.assign() if takes else process.revoke()

    @rule(
        which=st.integers(0, 1),
        first=st.sampled_from(["go on"] * 5 + ["follow"] * 2 + ["restart"]),
        most=st.sampled_from([9, 2, 1, 0]),
        pieces=st.sampled_from([9, 9, 1, 0]),
        late=st.booleans(),
        delivery=st.sampled_from([Delivery.READ_BACK] * 4 + [*Delivery]),
        ahead=st.integers(0, 1),
        calls_to_crash=st.sampled_from([0] * 60 + [*range(1, 16)]),
    )
    def aggregate(
        self,
        which: int,
        first: str,
        most: int,
        pieces: int,
        late: bool,
        delivery: Delivery,
        ahead: int,
        calls_to_crash: int,
    ) -> None:
        if first == "restart":
            self.processes[which] = self.start()
            self.processes[which].assign()
        process = self.processes[which]
        process.client.deliveries, process.client.ahead = deque([delivery]), ahead
        process.calls_to_crash = calls_to_crash
        try:
            if first == "follow":
                process.client.follow()
            process.poll(most)
            process.handle(pieces)
            if late:
                process.pass_time()
        except Crash:
            self.processes[which] = self.start()
            self.processes[which].assign()
        process.calls_to_crash = 0

    @rule(first=st.integers(0, 1), delivery=st.sampled_from([*Delivery]))
    def race(self, first: int, delivery: Delivery) -> None:
        """Both fold all there is, then both publish; neither hears of the other in between."""
        racing = [self.processes[first], self.processes[1 - first]]
        racing[0].client.deliveries, racing[1].client.deliveries = deque([delivery]), deque()
        for process in racing:
            process.poll(9)
            process.handle(9)
        for process in racing:
            process.pass_time()

    @precondition(lambda self: self.log.wire)
    @rule(number=st.integers(0, 5), times=st.integers(1, 2))
    def deliver(self, number: int, times: int) -> None:
        self.log.deliver(number % len(self.log.wire), times)

    @precondition(lambda self: len(self.replay.chain.links) > 1)
    @rule(to=st.integers(0, 3))
    def roll_back(self, to: int) -> None:
        chain = self.replay.chain
        newest, old = chain.event(len(chain.links)), chain.event(1 + to % (len(chain.links) - 1))
        nothing = chain.event(1).manifest  # the first link settles nothing either
        event = rollback(chain.links[-1], newest, old, nothing)
        self.log.wire.append(codec.encode(event))

    @invariant()
    def the_log_proves_itself(self) -> None:
        for offset in range(self.proved, len(self.log.links)):
            if (link := self.replay.add(self.log.links[offset], offset)) is not None:
                self.left_out_are_the_forgotten(self.replay.chain.event(link.version))
        self.proved = len(self.log.links)
        for process in self.processes:
            links = process.client.chain.links
            assert links == self.replay.chain.links[: len(links)], "FORK"
        for offset, verdicts in self.log.letters.items():
            assert verdicts == {self.replay.settled.get(offset)}, "LETTER: for what no link refuses so"

    def left_out_are_the_forgotten(self, event: GlobalModelPublished) -> None:
        """A verdict is a function of what the manifest says was known, and of nothing that came later."""
        manifest = manifest_of(event, self.store)
        forgotten = self.log.clients.until(manifest.clients_end or 0)
        for entry in manifest.entries:
            if entry.verdict is not Verdict.UNREADABLE:
                value = self.log.deltas[entry.offset][1].value
                client = codec.decode(DeltaComputed, value, PackagedSchemas()).client_id
                left_out = entry.verdict is Verdict.FORGOTTEN
                assert left_out == forgotten.has(client), "FORGOTTEN: not who is left out"

    def teardown(self) -> None:
        self.settle(Fate.COMMITTED)
        for process in (self.processes[0], self.start()):
            process.client.ahead = 0
            while self.log.wire:
                self.log.deliver(0)
            if process.position is None:
                process.assign()
            self.leave_alone(process)
            self.the_log_proves_itself()
            settled = self.replay.settled
            committed = {o for o, (fate, _) in enumerate(self.log.deltas) if fate is Fate.COMMITTED}
            assert settled.keys() == committed, "STALL: deltas are left over"
            owing = {o for o, verdict in settled.items() if verdict not in UNLETTERED}
            assert self.log.letters.keys() == owing, "LETTER: a refusal without one"

    def leave_alone(self, process: Process) -> None:
        process.client.deliveries.clear()
        rounds_at_rest, before = 0, None
        while rounds_at_rest < 3:  # a seek, a read and a publication each take one
            process.client.follow()
            process.poll(99)
            process.handle(99)
            process.pass_time()
            now = (process.position, len(self.log.links), len(process.mailbox))
            rounds_at_rest, before = rounds_at_rest + 1 if now == before else 0, now


World.TestCase.settings = settings(
    max_examples=RUNS,
    stateful_step_count=30,
    deadline=None,
    report_multiple_bugs=False,
    phases=[Phase.generate, Phase.shrink],
    derandomize="FEDSWIPE_RUNS" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


TestTheLogDecides = World.TestCase
