"""Verifications at their desk; what the audit itself says is tested where it is."""

import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from fedswipe.audit.report import Report
from fedswipe.audit.scope import Progress, Scope
from fedswipe.chain import Chain
from fedswipe.errors import FedswipeError
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.testing.until import until
from fedswipe.topology import LINEAGES
from services.ingest.operator import audits as audits_module
from services.ingest.operator.audits import KEPT, Audits, Verification
from services.ingest.operator.desk import Desk

LINE = LINEAGES[0]
DEADLINE = 30.0  # seconds; reached only by a failure
Verify = Callable[[Scope, Progress], Report]


class Store:
    """Has no archive."""

    def refs(self, kind: str) -> list[Any]:
        return []


class World:
    """Audits whose verification is `verify`."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.verify: Verify = lambda scope, progress: self.report(scope)
        self.desk = Desk()
        self.audits = Audits(KafkaSettings(), cast(Any, Store()), self.desk)
        self.thread = threading.Thread(target=self.desk.run, daemon=True)

    def report(self, scope: Scope) -> Report:
        return Report(Chain(LINE.model_id, LINE.partition), scope.first, recomputed=1)

    def verified(self, *given: Any) -> Report:
        *_, scope, progress = given
        self.scopes.append(scope)
        return self.verify(scope, progress)

    def state(self, version: int) -> Verification:
        known = self.audits.state(LINE, version)
        assert known is not None
        return known


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World()
    monkeypatch.setattr(audits_module, "verify", world.verified)
    yield world
    world.desk.stop()
    if world.thread.is_alive():
        world.thread.join(5)
        assert not world.thread.is_alive()


def test_a_version_is_verified_alone_and_the_report_is_kept(world: World) -> None:
    assert world.audits.state(LINE, 3) is None
    assert world.audits.start(LINE, 3) == Verification("waiting")
    world.thread.start()
    until(lambda: world.state(3).over, "the end", DEADLINE)
    assert [(scope.first, scope.last) for scope in world.scopes] == [(3, 3)]
    known = world.state(3)
    assert (known.state, known.error) == ("done", None)
    assert known.report is not None
    assert (known.report["verdict"], known.report["recomputed"]) == ("proven", 1)


def test_it_says_how_far_it_is_and_is_not_begun_twice(world: World) -> None:
    go = threading.Event()

    def slow(scope: Scope, progress: Progress) -> Report:
        progress("deltas", 2, 8)
        go.wait(30)
        return world.report(scope)

    world.verify = slow
    world.thread.start()
    world.audits.start(LINE, 2)
    until(lambda: world.state(2).of == 8, "progress", DEADLINE)
    assert world.audits.start(LINE, 2) == Verification("running", "deltas", 2, 8)
    go.set()
    until(lambda: world.state(2).over, "the end", DEADLINE)
    assert len(world.scopes) == 1
    world.audits.start(LINE, 2)
    until(lambda: len(world.scopes) == 2, "another one, once it is over", DEADLINE)


def test_what_cannot_be_said_is_told(world: World) -> None:
    def away(scope: Scope, progress: Progress) -> Report:
        raise FedswipeError("the store is away")

    world.verify = away
    world.thread.start()
    world.audits.start(LINE, 2)
    until(lambda: world.state(2).over, "the end", DEADLINE)
    assert (world.state(2).state, world.state(2).error) == ("failed", "the store is away")


def test_a_stop_ends_it(world: World) -> None:
    def endless(scope: Scope, progress: Progress) -> Report:
        while True:
            progress("deltas", 0, 1)

    world.verify = endless
    world.thread.start()
    world.audits.start(LINE, 2)
    until(lambda: world.state(2).state == "running", "its beginning", DEADLINE)
    world.desk.stop()
    until(lambda: world.state(2).state == "failed", "its end", DEADLINE)


def test_only_the_latest_are_remembered(world: World) -> None:
    world.thread.start()
    for version in range(1, KEPT + 5):
        world.audits.start(LINE, version)
        until(lambda version=version: world.state(version).over, "the end", DEADLINE)
    assert world.audits.state(LINE, 4) is None
    assert world.state(5).over
