"""Somebody watches the pipeline's page, over the whole loop."""

import json
from collections.abc import Callable
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

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DEADLINE = 90.0  # seconds; reached only by a failure
DESKTOP = {"viewport": {"width": 1280, "height": 900}, "has_touch": False, "is_mobile": False}
EACH = 20  # snapshots of a round
SHOWS = "v => Number(document.querySelector('#versions button')?.textContent.slice(1)) >= v"
Open = Callable[..., Any]


@pytest.fixture
def watching(visitor: Open) -> Open:
    """Open the pipeline's page and wait for its first snapshot."""

    def open_page(**settings: Any) -> Any:
        someone = visitor(**{**DESKTOP, **settings})
        someone.page.goto(f"{someone.origin}/pipeline")
        someone.page.wait_for_selector("#live:not(.lost)")
        someone.page.wait_for_selector("#versions button")
        return someone

    return open_page


def learn(loop: RunningLoop, seed: int, people: int = 4) -> int:
    """Let people swipe until a version is published; return it."""
    gateway = Gateway(loop.urls["ingest"], loop.urls["predictor"], loop.lineage.layout)
    layout, lexicon = load_layout(loop.lineage.layout), load_lexicon(loop.lineage.lexicon)
    typists = simulate_typists(layout, lexicon, people, 6, seed)
    crowd = [
        Client(f"{seed}-{one.client_id}", tuple(map(LabelledGesture, one.words, one.gestures)))
        for one in typists
    ]
    before = loop.head.version
    for client in crowd:
        predict(loop, client)
    gateway.record(crowd)
    gateway.train()
    loop.watch.wait_for(before + 1, DEADLINE)
    loop.wait_settled(DEADLINE)
    gateway.close()
    return loop.head.version


def predict(loop: RunningLoop, client: Client) -> None:
    """Ask for each swipe's words, under the ids that it is recorded with."""
    swipes = [
        {
            **{"client_id": client.id, "swipe_id": f"{client.id}-{n}", "layout": loop.lineage.layout},
            **{
                "width": one.gesture.width,
                "height": one.gesture.height,
                "points": one.gesture.points.tolist(),
            },
        }
        for n, one in enumerate(client.swipes)
    ]
    httpx.post(f"{loop.urls['predictor']}/api/v1/predict", json={"swipes": swipes}).raise_for_status()


def row(version: int) -> str:
    return f"#versions tr:has(button:text-is('v{version}'))"


def look_at_the_first(page: Any) -> None:
    """Open version 1 and wait until all of it is there: then nothing moves under a finger any more."""
    page.locator(f"{row(1)} button").click()
    page.wait_for_selector("#model-body:not([hidden])")


def test_a_new_version_shows_without_reload(loop: RunningLoop, watching: Open) -> None:
    page = watching().page
    page.evaluate("window.same = true")
    version = learn(loop, 21)
    page.wait_for_selector(f"{row(version)}:has-text('newest')")
    assert page.locator("#flow").text_content().count(f"v{version}") >= 1
    page.wait_for_function("v => document.querySelector('#flow').textContent.includes(v)", arg=f"v{version}")
    assert page.locator("#deltas tr").count() > 0
    page.wait_for_selector(f"#predictors tr:has-text('v{version}')")
    page.wait_for_selector("#chart .point.right[visibility=visible]", state="attached")
    assert page.evaluate("window.same")


def test_a_version_is_opened_verified_and_closed_by_keys(loop: RunningLoop, watching: Open) -> None:
    version = learn(loop, 22)
    page = watching().page
    page.locator(f"{row(version)} button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#model-body:not([hidden])")
    assert loop.head.sha256 in page.locator("#model-facts").inner_text()
    assert page.locator("#model-deltas tr").count() >= 1
    page.locator("#model-verify").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#model-verdict[data-verdict=proven]", timeout=DEADLINE * 1000)
    page.keyboard.press("Escape")
    assert page.locator("#model").is_hidden()
    assert page.evaluate("document.activeElement.textContent") == f"v{version}"


def act(page: Any, button: str) -> None:
    """Press an act's button, and say yes."""
    page.locator(button).click()
    page.locator("#confirm-yes").click()


def test_an_act_is_confirmed_and_shows(loop: RunningLoop, watching: Open) -> None:
    learn(loop, 25)
    page = watching().page
    look_at_the_first(page)
    page.locator("#model-pin").click()
    page.locator("#confirm-no").click()
    assert page.locator("#serving").inner_text() == "Predictors follow the newest version."
    act(page, "#model-pin")
    page.wait_for_selector(f"{row(1)}:has-text('pinned')", timeout=DEADLINE * 1000)
    page.wait_for_selector("#model", state="hidden")
    act(page, "#unpin")
    page.wait_for_selector("#unpin", state="hidden", timeout=DEADLINE * 1000)
    look_at_the_first(page)
    act(page, "#model-rollback")
    page.wait_for_selector("#versions tr:first-child:has-text('a rollback')", timeout=DEADLINE * 1000)


def test_a_canary_is_started_and_promoted(loop: RunningLoop, watching: Open) -> None:
    page = watching().page
    look_at_the_first(page)
    page.locator("#model-canary").click()
    page.locator("#confirm-share").fill("20")
    page.locator("#confirm-yes").click()
    page.wait_for_selector(f"{row(1)}:has-text('canary, 20')", timeout=DEADLINE * 1000)
    page.wait_for_selector("#model", state="hidden")
    act(page, "#promote")
    page.wait_for_selector("#promote", state="hidden", timeout=DEADLINE * 1000)
    assert page.locator("#serving").inner_text() == "Predictors follow the newest version."


def test_a_refusal_is_said_where_it_was_asked_for(visitor: Open) -> None:
    someone = visitor(**DESKTOP)
    someone.expected = "409"  # the browser's own line for an answer that is no success
    page = someone.page
    page.goto(someone.origin + "/pipeline")
    page.locator("#versions tr:first-child button").click()
    act(page, "#model-rollback")
    page.wait_for_function(
        "() => document.querySelector('#confirm-refusal').textContent.includes('is the head')"
    )
    page.locator("#confirm-no").click()


class Age:
    """Snapshots of a long life, in rounds: versions, deltas, reasons and numbers are others each time."""

    def __init__(self, first: dict[str, Any], model_id: str) -> None:
        self.round = 0
        self._snapshot = first
        self._model_id = model_id

    def answer(self, route: Any) -> None:
        """Answer the page's connection with a round of events; it connects again at once."""
        self.round += 1
        told = "".join(f"event: pipeline\ndata: {self._told(n)}\n\n" for n in range(1, EACH + 1))
        route.fulfill(content_type="text/event-stream", body=f"retry: 5\n\n{told}")

    def _told(self, n: int) -> str:
        newest = 100 + (self.round - 1) * EACH + n
        lineage = self._snapshot["lineages"][self._model_id]
        version, delta = lineage["versions"][-1], self._snapshot["deltas"]["latest"][0]
        lineage["head"]["version"] = newest
        lineage["versions"] = [
            {**version, "version": v, "judged": newest, "right": v, "among_few": newest}
            for v in range(newest - 99, newest + 1)
        ]
        self._snapshot["deltas"]["latest"] = [{**delta, "offset": newest * 20 - k} for k in range(12)]
        self._snapshot["swipes"]["total"] = newest * 10
        letters = {f"reason {(newest + k) % 200}": newest + k for k in range(50)}
        self._snapshot["dead_letters"] = {"total": sum(letters.values()), "by_reason": letters}
        return json.dumps(self._snapshot)


def held(page: Any) -> dict[str, float]:
    """What the page holds after its garbage has been collected: nodes, listeners, bytes."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    devtools.send("HeapProfiler.collectGarbage")
    found = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    devtools.detach()
    return {name: found[name] for name in ("Nodes", "JSEventListeners", "JSHeapUsedSize")}


def test_the_page_does_not_grow(loop: RunningLoop, visitor: Open) -> None:
    learn(loop, 23)
    age = Age(httpx.get(f"{loop.urls['ingest']}/api/v1/pipeline").json(), loop.lineage.model_id)
    page = visitor(**DESKTOP, reduced_motion="reduce").page
    page.route("**/api/v1/pipeline/events", age.answer)
    page.goto(f"{loop.urls['ingest']}/pipeline")

    def after(rounds: int) -> dict[str, float]:
        version = 100 + rounds * EACH
        page.wait_for_function(SHOWS, arg=version, timeout=DEADLINE * 1000)
        return held(page)

    young, old = after(4), after(24)
    assert old["Nodes"] < young["Nodes"] * 1.2
    assert old["JSEventListeners"] < young["JSEventListeners"] * 1.2
    assert old["JSHeapUsedSize"] < young["JSHeapUsedSize"] * 1.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "screen", [{}, {"viewport": {"width": 390, "height": 844}}], ids=["desktop", "phone"]
)
def test_nothing_keeps_anybody_out(
    watching: Open, serious_faults: Open, scheme: str, screen: dict[str, Any]
) -> None:
    someone = watching(color_scheme=scheme, **screen)
    page = someone.page
    someone.picture(f"pipeline-{page.viewport_size['width']}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for opened in (False, True):
        if opened:
            page.locator("#versions button").first.click()
            page.wait_for_selector("#model-body:not([hidden])")
            someone.picture(f"version-{page.viewport_size['width']}-{scheme}")
        assert serious_faults(page) == []


def test_it_speaks_russian(watching: Open) -> None:
    page = watching(locale="ru-RU").page
    assert page.locator("h1").inner_text() == "Конвейер вживую"
    assert page.locator("#serving").inner_text() == "Предикторы следуют за новейшей версией."
    page.locator("#page-language").select_option("en")
    assert page.locator("#serving").inner_text() == "Predictors follow the newest version."


def test_reduced_motion_sends_no_dots(loop: RunningLoop, watching: Open) -> None:
    page = watching(reduced_motion="reduce").page
    learn(loop, 24)
    assert page.locator("#flow .dot[visibility=visible]").count() == 0
