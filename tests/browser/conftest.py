"""A real browser over the real loop; skipped where no Chromium is, or nothing that drives it."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from fedswipe.cli.prepare import predictor_of
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import simulate_typists
from fedswipe.testing.running_loop import RunningLoop, running_loop
from fedswipe.testing.visitor import Visitor
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


@contextmanager
def visitors(browser: Any, origin: str) -> Iterator[Callable[..., Visitor]]:
    """Open pages in new profiles. The browser's complaints, and requests to elsewhere, fail at the end."""
    opened: list[Visitor] = []

    def open_page(**settings: Any) -> Visitor:
        context = browser.new_context(**{**PHONE, **settings})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened.append(Visitor(context.new_page(), origin, ARTIFACTS))
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
