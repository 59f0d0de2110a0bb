"""The pipeline as ingest tells it, over the whole loop: what happens shows, and an operator acts."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from fedswipe.demo.crowd import Client
from fedswipe.demo.gateway import Gateway
from fedswipe.swipe.gesture import LabelledGesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import simulate_typists
from fedswipe.testing.running_loop import RunningLoop
from fedswipe.testing.until import until

DEADLINE = 90.0  # seconds; reached only by a failure
PEOPLE, SWIPES_EACH = 6, 8

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Listener:
    """A page that stays connected: the newest snapshot, and how many there were."""

    snapshots: int = 0
    newest: dict[str, Any] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def read(self, lines: Iterator[str]) -> None:
        for line in lines:
            if line.startswith("data: "):
                self.newest = json.loads(line.removeprefix("data: "))
                self.snapshots += 1
        self.ended.set()

    def lineage(self, loop: RunningLoop) -> dict[str, Any]:
        shown: dict[str, Any] = self.newest["lineages"][loop.lineage.model_id]
        return shown


@contextmanager
def listening(url: str) -> Iterator[Listener]:
    """Connect once, and never again."""
    listener = Listener()
    with (
        httpx.Client(timeout=60) as http,
        http.stream("GET", f"{url}/api/v1/pipeline/events") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        thread = threading.Thread(target=listener.read, args=(answer.iter_lines(),), daemon=True)
        thread.start()
        until(lambda: listener.snapshots > 0, "a snapshot", 10)
        yield listener


@pytest.fixture(scope="module")
def listener(loop: RunningLoop) -> Iterator[Listener]:
    with listening(loop.urls["ingest"]) as one:
        yield one


@pytest.fixture
def operator(loop: RunningLoop) -> Iterator[httpx.Client]:
    url = f"{loop.urls['ingest']}/api/v1/lineages/{loop.lineage.model_id}"
    with httpx.Client(base_url=url, timeout=60) as http:
        yield http


def people(loop: RunningLoop, seed: int) -> list[Client]:
    layout, lexicon = load_layout(loop.lineage.layout), load_lexicon(loop.lineage.lexicon)
    typists = simulate_typists(layout, lexicon, PEOPLE, SWIPES_EACH, seed)
    return [
        Client(f"{seed}-{one.client_id}", tuple(map(LabelledGesture, one.words, one.gestures)))
        for one in typists
    ]


def learn(loop: RunningLoop, seed: int) -> None:
    """Let a version be published from these people's swipes."""
    gateway, before = Gateway(loop.urls["ingest"], loop.urls["predictor"], loop.lineage.layout), loop.head
    gateway.record(people(loop, seed))
    gateway.train()
    loop.watch.wait_for(before.version + 1, DEADLINE)
    loop.wait_settled(DEADLINE)
    gateway.close()


def test_a_new_version_shows_on_the_connection_that_is_open(loop: RunningLoop, listener: Listener) -> None:
    learn(loop, 11)
    until(
        lambda: (listener.lineage(loop)["head"] or {}).get("link_sha256") == loop.head.sha256,
        "head",
        DEADLINE,
    )
    shown = listener.lineage(loop)
    newest = shown["versions"][-1]
    assert newest["version"] == loop.head.version
    assert shown["window"]["wanted"] == 4
    until(lambda: listener.newest["swipes"]["total"] >= PEOPLE * SWIPES_EACH, "the swipes", DEADLINE)
    until(lambda: listener.newest["deltas"]["total"] >= PEOPLE, "the deltas", DEADLINE)
    latest = listener.newest["deltas"]["latest"]
    assert 0 < len(latest) <= 12
    assert all(one["bytes"] > 0 and one["norm"] > 0 and one["client_id"].startswith("11-") for one in latest)
    until(lambda: listener.newest["lag"]["fedswipe.trainer"] == {"behind": 0}, "no lag", DEADLINE)


def test_a_version_is_explained_and_proven(loop: RunningLoop, operator: httpx.Client) -> None:
    version = loop.head.version
    told = operator.get(f"/models/{version}").raise_for_status().json()
    event = loop.watch.event(version)
    assert (told["link_sha256"], told["model"]["sha256"]) == (loop.head.sha256, event.model.sha256)
    folded = [one for one in told["deltas"] if one["verdict"] == "folded"]
    assert len(folded) == event.folded > 0
    assert sum(one["share"] for one in folded) == pytest.approx(1)
    assert told["recipe"]["deltas"] == 4
    assert operator.get("/models/99").status_code == 404

    assert operator.post(f"/verify/{version}").status_code == 202

    def over() -> dict[str, Any] | None:
        known: dict[str, Any] = operator.get(f"/verify/{version}").raise_for_status().json()
        return known if known["state"] in ("done", "failed") else None

    known = until(over, "the verification's end", DEADLINE)
    assert (known["state"], known["error"]) == ("done", None)
    assert known["report"]["verdict"] == "proven"
    assert known["report"]["recomputed"] == 1


def test_the_operator_acts_and_it_shows(
    loop: RunningLoop, operator: httpx.Client, listener: Listener
) -> None:
    def serving() -> dict[str, Any]:
        shown: dict[str, Any] = listener.lineage(loop)["serving"]
        return shown

    follows = {"stable": None, "pinned": False, "canary": None, "share": None}
    assert operator.post("/pin", json={"version": 1}).status_code == 200
    until(lambda: serving() == follows | {"stable": 1, "pinned": True}, "the pin", DEADLINE)
    assert operator.post("/unpin").status_code == 200
    until(lambda: serving() == follows, "the pin's end", DEADLINE)
    assert operator.post("/unpin").status_code == 409
    head = loop.head.version
    assert operator.post("/canary", json={"version": head, "share": 0.25}).status_code == 200
    until(lambda: (serving()["canary"], serving()["share"]) == (head, 0.25), "the canary", DEADLINE)
    assert operator.post("/canary/abort").status_code == 200
    until(lambda: serving()["canary"] is None and serving()["pinned"], "the canary's end", DEADLINE)
    assert operator.post("/unpin").status_code == 200
    answer = operator.post("/rollback", json={"version": 1}).raise_for_status().json()
    until(lambda: listener.lineage(loop)["head"]["version"] == answer["version"], "the rollback", DEADLINE)
    assert listener.lineage(loop)["versions"][-1]["closed_by"] == "ROLLBACK"


def test_strangers_change_nothing(loop: RunningLoop, operator: httpx.Client) -> None:
    for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "null"}):
        answer = operator.post("/pin", json={"version": 1}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "NOT_THE_OPERATOR")


def test_predictions_are_judged_by_the_words_that_were_kept(loop: RunningLoop, listener: Listener) -> None:
    (client, *_) = people(loop, 12)
    loop.wait_served(DEADLINE)
    with httpx.Client(timeout=30) as http:
        for n, swipe in enumerate(client.swipes):
            one = {
                "client_id": client.id,
                "swipe_id": f"judged-{n}",
                "layout": loop.lineage.layout,
                "width": swipe.gesture.width,
                "height": swipe.gesture.height,
                "points": swipe.gesture.points.tolist(),
            }
            http.post(f"{loop.urls['predictor']}/api/v1/predict", json={"swipes": [one]}).raise_for_status()
            record = {"swipes": [one | {"word": swipe.word}]}
            http.post(f"{loop.urls['ingest']}/api/v1/swipes", json=record).raise_for_status()

    def judged() -> int:
        return sum(one["judged"] for one in listener.lineage(loop)["versions"])

    until(lambda: judged() == len(client.swipes), "the judgement", DEADLINE)


def test_ingest_that_starts_again_shows_the_same_and_stops_at_once(loop: RunningLoop) -> None:
    url = f"{loop.urls['ingest']}/api/v1/pipeline"

    def kept(snapshot: dict[str, Any]) -> dict[str, Any]:
        left_out = ("at_ms", "judged_since_ms", "predictors")
        return {name: value for name, value in snapshot.items() if name not in left_out}

    def quiet() -> bool:
        told = httpx.get(url).json()
        return all(told[name]["per_second"] == 0 for name in ("swipes", "requests", "deltas"))

    loop.wait_settled(DEADLINE)
    until(quiet, "quiet topics", DEADLINE)
    before = httpx.get(url).json()
    with listening(loop.urls["ingest"]) as page:
        loop.services["ingest"].stop()
        assert page.ended.wait(2), "an open page holds the service up"
    loop.services["ingest"].restart()
    until(lambda: loop.ready("ingest")[0] == 200, "ingest", DEADLINE)
    until(lambda: kept(httpx.get(url).json()) == kept(before), "the same", DEADLINE)
