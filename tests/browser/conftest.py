"""A real browser over the real loop; skipped where no Chromium is, or nothing that drives it."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from fedswipe.cli.prepare import predictor_of
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import simulate_typists
from fedswipe.testing.running_loop import RunningLoop, running_loop
from fedswipe.topology import LINEAGES, Lineage

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = Path(os.environ.get("FEDSWIPE_ARTIFACTS") or ROOT / ".local" / "screenshots")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--no-sandbox",  # root may not have one
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
PHONE = {
    **{"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
    **{"has_touch": True, "is_mobile": True, "locale": "en-GB"},
}
SURE = 0.9  # a probability
SETTINGS = {
    "FEDSWIPE_KAFKA_SESSION_TIMEOUT_MS": "6000",
    "TRAINER_RANGE_SECONDS": "0.5",
    "AGGREGATOR_DELTAS": "4",
    "AGGREGATOR_SECONDS": "3",
}
WORD = "b => document.querySelector('#text').value !== b"
# A browser holds input back until it has painted a page for the first time.
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
OLDER = "ms => performance.now() > ms"  # no event of a page is older than the page
LETTERS = """([x, y]) => {
  const under = document.elementFromPoint(x, y);
  return Boolean(under?.closest("#board")) && !under.closest(".act");
}"""
DEADLINE_MS = 15_000.0  # reached only by a failure


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path: FEDSWIPE_CHROMIUM's, or the system's own."""
    wanted = os.environ.get("FEDSWIPE_CHROMIUM")
    found = [path for name in ([wanted] if wanted else NAMES) if (path := shutil.which(name))]
    if not found:
        pytest.skip("no Chromium: install it (apt-get install chromium), or name it in FEDSWIPE_CHROMIUM")
    return found[0]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    driver = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def loop(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLoop]:
    with running_loop(tmp_path_factory.mktemp("loop"), LINEAGES[0], SETTINGS) as running:
        yield running


class Visitor:
    """Somebody with the keyboard's page open. What the browser complains of is in `complaints`."""

    def __init__(self, page: Any, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.complaints: list[str] = []
        self.expected = ""  # a complaint that a test provokes
        self.requests: list[Any] = []
        page.on("console", lambda said: said.type in ("error", "warning") and self._hear(said.text))
        page.on("pageerror", lambda error: self._hear(str(error)))
        page.on("request", lambda request: self.requests.append(request))
        self._devtools = page.context.new_cdp_session(page)

    def visit(self, path: str = "/") -> None:
        self.page.goto(self.origin + path)
        self.page.wait_for_selector("#board [data-letter]")
        self.page.evaluate(PAINTED)
        self._touches = self.page.evaluate("navigator.maxTouchPoints > 0")

    @property
    def text(self) -> str:
        found: str = self.page.input_value("#text")
        return found

    @property
    def suggestions(self) -> list[str]:
        found: list[str] = self.page.locator("#words button").all_text_contents()
        return found

    @property
    def name(self) -> str | None:
        """The random name that this browser's swipes go by; None before the first consent."""
        found: str | None = self.page.evaluate("() => localStorage.getItem('fedswipe.client')")
        return found

    def asked(self, path: str) -> list[dict[str, Any]]:
        """The bodies of the requests to this path."""
        return [each.post_data_json for each in self.requests if each.url == self.origin + path]

    def draw(self, gesture: Gesture, lift: bool = True) -> None:
        """Draw a gesture at its own speed, whatever the machine is busy with: events say when they were."""
        path, took = self._path(gesture), gesture.points[:, 2].tolist()
        self.page.wait_for_function(OLDER, arg=took[-1], timeout=DEADLINE_MS)
        began = time.time() - took[-1] / 1000
        for number, (place, t) in enumerate(zip(path, took, strict=True)):
            self._touch("start" if number == 0 else "move", place, began + t / 1000)
        if lift:
            self._touch("end", path[-1], began + took[-1] / 1000)

    def begins_on_letters(self, gesture: Gesture) -> bool:
        """Whether its finger comes down among the letters, not on another key or beside the board."""
        found: bool = self.page.evaluate(LETTERS, self._path(gesture)[0])
        return found

    def swipe(self, gesture: Gesture) -> str:
        """Draw it, wait for its word, return that."""
        before = self.text
        self.draw(gesture)
        self.page.wait_for_function(WORD, arg=before, timeout=DEADLINE_MS)
        return self.text.split()[-1]

    def wait_sent(self, count: int) -> None:
        """Wait until so many swipes are with ingest, and none waits to be."""
        self.page.wait_for_function(
            "n => document.querySelector('#sent').textContent === `Sent: ${n}.`", arg=count
        )

    def key(self, name: str) -> None:
        self.page.locator(f'#board [data-act="{name}"]').click()

    def tap(self, letter: str) -> None:
        self.page.locator(f'#board [data-letter="{letter}"]').click()

    def picture(self, name: str) -> None:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")

    def _path(self, gesture: Gesture) -> list[list[float]]:
        """Its points on the page, in CSS pixels."""
        box = self.page.locator("#board").bounding_box()
        size = np.array([box["width"], box["width"] * 216 / 360])  # of the letters' part
        path = np.array([box["x"], box["y"]]) + gesture.points[:, :2] / [gesture.width, gesture.height] * size
        found: list[list[float]] = path.tolist()
        return found

    def _hear(self, complaint: str) -> None:
        if not self.expected or self.expected not in complaint:
            self.complaints.append(complaint)

    def _touch(self, what: str, place: Sequence[float], at: float) -> None:
        x, y = place
        if self._touches:
            points = [] if what == "end" else [{"x": x, "y": y}]
            event = {"type": f"touch{what.title()}", "touchPoints": points, "timestamp": at}
            self._devtools.send("Input.dispatchTouchEvent", event)
        else:
            kind = {"start": "mousePressed", "move": "mouseMoved", "end": "mouseReleased"}[what]
            event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": int(what != "end")}
            self._devtools.send("Input.dispatchMouseEvent", {**event, "clickCount": 1, "timestamp": at})


@contextmanager
def visitors(browser: Any, origin: str) -> Iterator[Callable[..., Visitor]]:
    """Open pages in new profiles. The browser's complaints, and requests to elsewhere, fail at the end."""
    opened: list[Visitor] = []

    def open_page(**settings: Any) -> Visitor:
        context = browser.new_context(**{**PHONE, **settings})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened.append(Visitor(context.new_page(), origin))
        opened[-1].visit()
        return opened[-1]

    yield open_page
    for one in opened:
        one.page.context.close()
        assert one.complaints == []
        assert {each.url for each in one.requests if not each.url.startswith(f"{one.origin}/")} == set()


@pytest.fixture
def visitor(browser: Any, loop: RunningLoop) -> Iterator[Callable[..., Visitor]]:
    """Open the page for a test."""
    with visitors(browser, loop.urls["ingest"]) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def lasting_visitor(browser: Any, loop: RunningLoop) -> Iterator[Callable[..., Visitor]]:
    """Open the page for several tests that only look at it."""
    with visitors(browser, loop.urls["ingest"]) as open_page:
        yield open_page


@pytest.fixture(scope="session")
def serious_faults() -> Callable[[Any], list[Any]]:
    """Look at a page as axe-core does; return what is serious: rule, element and what is wrong with it."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci --prefix web")

    def look(page: Any) -> list[Any]:
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("() => axe.run()")
        assert len(found["passes"]) > 10, "axe has looked at next to nothing"
        return [
            (fault["id"], node["html"], node["failureSummary"])
            for fault in found["violations"]
            for node in fault["nodes"]
            if fault["impact"] in SERIOUS
        ]

    return look


@pytest.fixture(scope="module")
def predicted(loop: RunningLoop) -> Callable[..., Sequence[Any]]:
    """Ask a lineage's predictor for a gesture's likeliest words; `more` are further fields of the request."""

    def ask(lineage: Lineage, gesture: Gesture, **more: Any) -> Sequence[Any]:
        body = {
            **{"layout": lineage.layout, "points": gesture.points.tolist()},
            **{"width": gesture.width, "height": gesture.height, **more},
        }
        url = loop.urls[predictor_of(lineage.model_id)]
        answer = httpx.post(f"{url}/api/v1/predict", json=body).raise_for_status()
        words: Sequence[Any] = answer.json()["predictions"][0]["words"]
        return words

    return ask


@pytest.fixture(scope="module")
def sure_gestures(predicted: Callable[..., Sequence[Any]]) -> Callable[[Lineage], Mapping[str, Gesture]]:
    """Make gestures of a simulated typist, by the words that the lineage's predictor is sure of."""

    def make(lineage: Lineage) -> Mapping[str, Gesture]:
        layout, lexicon = load_layout(lineage.layout), load_lexicon(lineage.lexicon)
        (typist,) = simulate_typists(layout, lexicon, 1, 40, 7)
        found = {}
        for word, gesture in zip(typist.words, typist.gestures, strict=True):
            best = predicted(lineage, gesture)[0]
            if len(word) > 3 and best["word"] == word and best["probability"] > SURE:
                found[word] = gesture
        assert len(found) >= 6
        return found

    return make


@pytest.fixture(scope="module")
def gestures(loop: RunningLoop, sure_gestures: Callable[..., Any]) -> Mapping[str, Gesture]:
    """Those of the loop's own lineage."""
    made: Mapping[str, Gesture] = sure_gestures(loop.lineage)
    return made
