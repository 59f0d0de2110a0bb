"""What is asked again and again: the broker, the predictors, the store's recipes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from fedswipe.events import Event
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.learning.recipe import Recipe
from fedswipe.modelstore.port import ObjectMissing
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.topology import LINEAGES, SWIPES, TRAIN_REQUESTS, Group, Topic
from services.ingest.pipeline.board import Board
from services.ingest.pipeline.counting import LAG_EVERY, Counting
from services.ingest.pipeline.periodic import Periodic
from services.ingest.pipeline.predictors import Asked, Predictors
from services.ingest.pipeline.recipes import Recipes

if TYPE_CHECKING:
    from conftest import Flow

EN = LINEAGES[0].model_id


class Broker:
    """Topics' ends and a group's positions; `away` once it does not answer."""

    def __init__(self) -> None:
        self.away = False
        self.asked_groups = 0
        self.swipes = {0: 7, 1: 5}

    def ends(self, topic: Topic[Event]) -> dict[int, int]:
        if self.away:
            raise BrokerUnavailable("made so by a test")
        return self.swipes if topic is SWIPES else {0: 2}

    def committed(self, group: Group) -> dict[tuple[str, int], int]:
        self.asked_groups += 1
        return {(SWIPES.name, 0): 4, (SWIPES.name, 1): 5, (TRAIN_REQUESTS.name, 0): 0}


class Seconds:
    """A clock that a second passes on with each look."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        self.at += 1.0
        return self.at


def test_the_broker_tells_lengths_and_lag() -> None:
    board, broker = Board(), Broker()
    counting = Counting(broker, Seconds(), board, lambda: True)
    for _ in range(LAG_EVERY + 1):
        counting.look()
    snapshot = board.snapshot(0)
    assert (snapshot.swipes.total, snapshot.requests.total) == (12, 2)
    assert snapshot.lag["fedswipe.trainer"].behind == 3
    assert snapshot.caught_up
    assert broker.asked_groups == 2


def test_a_failed_look_changes_nothing_and_the_next_may_work() -> None:
    board, broker = Board(), Broker()
    counting = Counting(broker, Seconds(), board, lambda: False)
    broker.away = True
    with pytest.raises(BrokerUnavailable):
        counting.look()
    assert board.snapshot(0).swipes.total == 0
    broker.away = False
    counting.look()
    assert board.snapshot(0).swipes.total == 12


@contextmanager
def predictor(status: int, content: bytes) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def look(url: str) -> tuple[int | None, bool, str | None]:
    board = Board()
    Predictors([Asked(EN, url)], board).look()
    (one,) = board.snapshot(0).predictors
    assert (one.model_id, one.url) == (EN, url)
    return one.version, one.ready, one.instance


def test_a_predictor_tells_its_version_and_name() -> None:
    with predictor(200, json.dumps({"version": 4, "instance": "host-1", "more": []}).encode()) as url:
        assert look(url) == (4, True, "host-1")


@pytest.mark.parametrize(
    ("status", "content"),
    [(503, b"{}"), (200, b"no json"), (200, b"[]"), (200, b'{"version": "4"}'), (302, b"")],
)
def test_one_that_tells_no_version_is_not_ready(status: int, content: bytes) -> None:
    with predictor(status, content) as url:
        assert look(url) == (None, False, None)


def test_one_that_is_away_is_not_ready() -> None:
    with predictor(200, b"") as url:
        pass
    assert look(url) == (None, False, None)


def test_a_window_has_the_size_of_its_newest_recipe(flow: "Flow") -> None:
    store = InMemoryModelStore()
    recipes = Recipes(store, flow.board)
    recipes.look()
    flow.publish()
    with pytest.raises(ObjectMissing):
        recipes.look()
    with flow.board.lineage(EN) as lineage:
        lineage.recipe_ref = store.put(f"{EN}/recipes", Recipe(deltas=9).to_bytes())
    recipes.look()
    assert flow.board.snapshot(0).lineages[EN].window.wanted == 9
    before = flow.board.changes.count
    recipes.look()
    assert flow.board.changes.count == before
    with flow.board.lineage(EN) as lineage:
        lineage.recipe_ref = store.put(f"{EN}/recipes", b"of another release")
    recipes.look()
    assert flow.board.snapshot(0).lineages[EN].window.wanted is None


def test_what_passes_is_tried_again_and_said_once_and_what_does_not_crashes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    errors: list[Exception] = [*[BrokerUnavailable("away")] * 5, KeyError("a mistake")]

    def work() -> None:
        raise errors.pop(0)

    with pytest.raises(KeyError):
        Periodic(work, 0.001).run()
    assert errors == []
    assert len(caplog.records) == 1


def test_it_ends_when_it_is_stopped() -> None:
    periodic = Periodic(lambda: periodic.stop(), 1_000)
    periodic.run()
