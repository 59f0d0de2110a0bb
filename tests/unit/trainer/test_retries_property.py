"""ADR 0019 over random logs: swipes that come again, fail, cannot be read, are retried rightly and wrongly.

What a trainer makes of such a log, the audit finds in order; with a delta or a letter less, it does not.
FEDSWIPE_RUNS sets how many logs are tried.
"""

import json
import logging
import os
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from fastavro.types import Schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedswipe import avro_schemas, codec
from fedswipe.audit import hindsight
from fedswipe.audit.clients import ClientsEvidence
from fedswipe.audit.evidence import Kept
from fedswipe.audit.finding import Finding, Findings, Kind
from fedswipe.audit.scope import Scope, quiet
from fedswipe.audit.swipe_ledger import Claim, SwipeLedger
from fedswipe.audit.swipes import SwipeAudit
from fedswipe.dead_letters.closing import Closing, how_closed, retried_as
from fedswipe.dead_letters.letters import Letters
from fedswipe.dead_letters.position import Position, retry_of
from fedswipe.events import DeadLettered, DeltaComputed, ModelId, SwipeRecorded
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.record import Record
from fedswipe.testing.evidence import InMemoryEvidence
from fedswipe.topology import SWIPES, dead_letters
from services.trainer.ranges import RangeLimits

if TYPE_CHECKING:
    from conftest import Rig

RUNS = int(os.environ.get("FEDSWIPE_RUNS", "30"))
SPAN, LONGEST = 5, 3  # the rig's
NEWER = json.loads(avro_schemas.versions(SwipeRecorded)[-1])
NEWER["fields"].append({"name": "finger", "type": "int", "default": 0})
NEWER_HEADER = codec.MARKER + avro_schemas.fingerprint_of(json.dumps(NEWER))


class LateSchemas:
    """The newer schema is published some time after the first swipes that were written with it."""

    published = False

    def schema(self, fingerprint: bytes) -> Schema | None:
        if NEWER_HEADER.endswith(fingerprint):
            return avro_schemas.parse(json.dumps(NEWER)) if self.published else None
        return codec.PackagedSchemas().schema(fingerprint)


swipes = st.tuples(
    st.just("swipe"),
    st.sampled_from("ab"),
    st.sampled_from(["hello", "bad", "bad"]),
    st.sampled_from([False, False, True]),
)
steps = st.lists(
    st.one_of(
        swipes,
        st.tuples(st.just("retry"), st.integers(0, 20)),
        st.tuples(st.just("retry letter"), st.integers(0, 5)),
        st.tuples(st.just("retry letter"), st.integers(0, 5)),
        st.tuples(
            st.sampled_from(["settle", "settle", "restart", "mend", "break", "publish", "refuse", "pass"])
        ),
    ),
    min_size=20,
    max_size=40,
)


class Run:
    def __init__(self, make_rig: "Callable[..., Rig]") -> None:
        self.schemas = LateSchemas()
        self.make_rig = lambda: make_rig(RangeLimits(LONGEST, 2.0), schemas=self.schemas)
        self.rig = self.make_rig()
        self.keys: dict[int, str] = {}

    def swipe(self, swipe_id: str, word: str, newer: bool) -> None:
        event = self.rig.swiped("ann", swipe_id, word)
        value = codec.encode(event)
        if newer:
            value = NEWER_HEADER + value[codec.HEADER :] + b"\x00"
        self.keys[self.rig.hand_over(self.rig.log.append(0, value)).offset] = swipe_id

    def retry(self, back: int) -> None:
        """Of any record, be it a letter or not, or of none."""
        records = self.rig.log.records.get(0, [])
        if back < len(records):
            at = records[len(records) - 1 - back]
            self.keys[self.rig.retry(at).offset] = self.keys.get(at.offset, "")
        else:
            self.keys[self.rig.retry(Position(SWIPES.name, 0, 1000 + back)).offset] = ""

    def retry_letter(self, back: int) -> None:
        """Of one of the last letters, be it closed or not."""
        letters = [event for event in self.rig.transactions.events if isinstance(event, DeadLettered)]
        if letters:
            at = self.rig.log.read(0, letters[-1 - back % len(letters)].offset, 10**6)[0]
            self.keys[self.rig.retry(at).offset] = self.keys.get(at.offset, "")

    def settle(self) -> None:
        self.rig.settle_now()
        if again := self.rig.collect.rewind():
            self.rig.collect.records(self.rig.log.read(0, again[0].offset, 10**6))
            self.rig.settle_now()

    def restart(self) -> None:
        """Another member goes on where the committed offset stands."""
        old, self.rig = self.rig, self.make_rig()
        self.rig.log, self.rig.transactions, self.rig.trainer = old.log, old.transactions, old.trainer
        self.rig.train._transactions = old.transactions
        self.rig.train._compute._trainer = old.trainer
        self.rig.train._memory._read_log = old.log.read
        start = max((ends.get((SWIPES.name, 0), 0) for _, ends, _ in old.transactions.commits), default=0)
        if left := old.log.read(0, start, 10**6):
            self.rig.collect.records(left)

    def take(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("swipe", swipe_id, word, newer):
                self.swipe(swipe_id, word, newer)
            case ("retry", back):
                self.retry(back)
            case ("retry letter", back):
                self.retry_letter(back)
            case ("settle",):
                self.settle()
            case ("restart",):
                self.restart()
            case ("mend",) | ("break",):
                self.rig.trainer.broken = step == ("break",)
            case ("publish",):
                self.schemas.published = True
            case ("refuse",):
                self.rig.transactions.failures = [BrokerUnavailable("a test says so")]
            case ("pass",):
                for number in range(SPAN):
                    self.rig.swipe("bob", f"{len(self.keys)}-{number}", None)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@pytest.fixture(autouse=True)
def _short_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hindsight, "LONGEST_RANGE", LONGEST)


@given(steps=steps)
@settings(
    max_examples=RUNS,
    deadline=None,
    derandomize="FEDSWIPE_RUNS" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
def test_a_swipe_counts_once_whatever_is_retried_and_nothing_is_lost(
    make_rig: "Callable[..., Rig]", steps: list[tuple[Any, ...]]
) -> None:
    run = Run(make_rig)
    for step in steps:
        run.take(step)
    run.rig.transactions.failures = []
    run.settle()
    prove(run.rig, run.keys)
    audit(run)


def prove(rig: "Rig", keys: dict[int, str]) -> None:
    records = {record.offset: record for record in rig.log.read(0, 0, 10**6)}
    trained = sorted(o for delta in rig.transactions.deltas for o in delta.swipe_offsets)
    events = [event for event in rig.transactions.events if isinstance(event, DeadLettered)]
    letters = {letter.at.offset: letter for letter in Letters(events).select(closed=True)}
    closings = [event for event in events if how_closed(event) is not None]
    taken_up = {event.offset: retried_as(event) for event in closings}

    assert len(set(trained)) == len(trained), "TWICE: a record in two deltas"
    assert not set(trained) & letters.keys(), "BOTH: trained, and a dead letter"
    assert len(taken_up) == len(closings), "TWICE: a letter taken up by two retries"
    for offset in trained:
        near = [other for other in trained if 0 < offset - other <= SPAN and keys[other] == keys[offset]]
        assert near == [], "TWICE: the same swipe within the span"
    roots = defaultdict(list)
    for offset in trained:
        roots[root(records, offset)].append(offset)
    assert all(len(found) == 1 for found in roots.values()), "TWICE: a letter and its retry, or two retries"
    for letter, retry in taken_up.items():
        assert letter in letters, "CLOSED: what is no letter"
        if letters[letter].closed is Closing.RETRIED:
            assert retry in trained or retry in letters, "LOST: closed by a retry of which nothing came"
        else:
            near = [o for o in (*trained, *letters) if retry and 0 < retry - o <= SPAN and o != letter]
            assert any(keys.get(o) == keys[letter] for o in near), "LOST: closed as repeated, and it was not"
    for offset, record in records.items():
        named = retry_of(record.headers)
        if named is None:
            continue
        if offset in trained or offset in letters:
            assert taken_up.get(named.offset) == offset, "VOID: a retry counts, and took no letter up"
        if named.offset in letters and settled_at(rig, named.offset) < settled_at(rig, offset):
            assert named.offset in taken_up, "LEFT: an open letter was retried, and is still open"


def settled_at(rig: "Rig", offset: int) -> int:
    """Which commit settled this record."""
    ends = [ends.get((SWIPES.name, 0), 0) for _, ends, _ in rig.transactions.commits]
    return next(number for number, end in enumerate(ends) if end > offset)


def root(records: dict[int, Record], offset: int) -> int:
    while (named := retry_of(records[offset].headers)) is not None:
        offset = named.offset
    return offset


def audit(run: Run) -> None:
    """The audit knows neither ranges nor what was readable when: only what lies in the topics."""
    run.schemas.published = True
    deltas, letters = run.rig.transactions.deltas, run.rig.letters_from(0, 0)[0]
    found = judged(run, deltas, letters)
    assert codes(found) <= {(Kind.NOTE, "left_retry")}
    for delta in deltas[-2:]:
        others = [one for one in deltas if one is not delta]
        assert (Kind.BROKEN, "lost_swipe") in codes(judged(run, others, letters))
        assert (Kind.BROKEN, "doubled_swipe") in codes(judged(run, [*deltas, delta], letters))
    for letter in letters[-2:]:
        event = codec.decode(DeadLettered, letter.value, codec.PackagedSchemas())
        if event.reason not in codec.UNREADABLE:  # a repetition that was unreadable needs no letter by now
            fewer = judged(run, deltas, [one for one in letters if one is not letter])
            assert fewer != found, "nobody misses a letter, or its closing"


def judged(run: Run, deltas: list[DeltaComputed], letters: list[Record]) -> set[Finding]:
    evidence, end = InMemoryEvidence(), run.rig.log.end(0)
    evidence.schemas = run.schemas
    evidence.records[SWIPES.name, 0] = run.rig.log.read(0, 0, end)
    evidence.ends[SWIPES.name, 0] = end
    for letter in letters:
        evidence.write(dead_letters(SWIPES), 0, letter.value)
    kept, findings = {0: Kept(0, end)}, Findings()
    ledger = SwipeLedger(kept)
    for number, delta in enumerate(deltas):
        findings.extend(ledger.count(Claim.of(number, delta), 2, folded=True))
    scope = Scope(repeat_span=SPAN)
    clients = ClientsEvidence(evidence)
    audit = SwipeAudit(evidence, clients, ledger, kept, {0: ()}, ModelId("swipe-en"), scope, whole=True)
    audit.judge(findings, quiet)
    return set(findings.kept)


def codes(found: set[Finding]) -> set[tuple[Kind, str]]:
    return {(one.kind, one.code) for one in found}
