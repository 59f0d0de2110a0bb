"""Measures the keyboard's page in the system's Chromium: size, first paint, tasks, trail, words after a lift.

    python bench/pages.py [--url http://127.0.0.1:8000] [--swipes 20]

Without --url a loop of its own is started. Gestures are those of simulated typists, drawn at their own speed
on a phone-sized viewport. Figures are milliseconds: median and 95th percentile, unless they say otherwise.
"""

import argparse
import gzip
import json
import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import simulate_typists
from fedswipe.testing.running_loop import running_loop
from fedswipe.topology import LINEAGES
from services.ingest.page_files import load_pages

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    **{"device_scale_factor": 2, "has_touch": True, "is_mobile": True},
}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)
OPENINGS = 10  # of the page, for its first paint
FRAME_MS = 1000 / 60
# Notes how long after its event each move is on the canvas, and each swipe's words are on the page.
NOTES = """() => {
  window.notes = { trail: [], words: [] };
  const board = document.querySelector("#board");
  let lifted = 0, moved = 0;
  board.addEventListener("pointermove", (event) => { moved ||= event.timeStamp; });
  board.addEventListener("pointerup", (event) => { lifted = event.timeStamp; });
  const frame = () => {
    if (moved) notes.trail.push(performance.now() - moved);
    moved = 0;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new MutationObserver(() => {
    if (!lifted || !document.querySelector("#words button")) return;
    const since = lifted;
    lifted = 0;
    requestAnimationFrame(() => notes.words.push(performance.now() - since));
  }).observe(document.querySelector("#words"), { childList: true });
}"""


@contextmanager
def url_of(given: str | None) -> Iterator[str]:
    if given:
        yield given
        return
    with TemporaryDirectory() as folder, running_loop(Path(folder), LINEAGES[0], {}) as loop:
        yield loop.urls["ingest"]


def draw(page: Any, devtools: Any, gesture: Gesture) -> None:
    """Draw a gesture with a finger, at its own speed."""
    box = page.locator("#board").bounding_box()
    scale = box["width"] / gesture.width
    began = time.perf_counter()
    for number, (x, y, t) in enumerate(gesture.points.tolist()):
        page.wait_for_timeout(max(0.0, t - (time.perf_counter() - began) * 1000))
        point = {"x": box["x"] + x * scale, "y": box["y"] + y * scale}
        kind = "touchMove" if number else "touchStart"
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def first_paint(browser: Any, url: str) -> float:
    """Open the page as somebody who never was there; return when something could be read, in ms."""
    with browser.new_context(**PHONE) as context:
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector("#board [data-letter]")
        script = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
        found: float = page.evaluate(script)
        return found


def tasks(trace: Path) -> tuple[list[float], list[float]]:
    """Return how long each task of the page's main thread took, in ms: by the clock, and of the processor."""
    events = json.loads(trace.read_text("utf-8"))["traceEvents"]
    mains = {
        (e["pid"], e["tid"])
        for e in events
        if e["name"] == "thread_name" and e["args"]["name"] == "CrRendererMain"
    }
    runs = [e for e in events if e["name"] == "RunTask" and (e["pid"], e["tid"]) in mains and "tdur" in e]
    return [e["dur"] / 1000 for e in runs], [e["tdur"] / 1000 for e in runs]


def told(name: str, values: Sequence[float]) -> None:
    ordered = sorted(values)
    at95 = ordered[int(0.95 * (len(ordered) - 1))]
    print(
        f"{name}: {statistics.median(ordered):.1f}, {at95:.1f} (n = {len(ordered)}, most {ordered[-1]:.1f})"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="of ingest")
    parser.add_argument("--swipes", type=int, default=20)
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        print("left out: it needs Chromium and Playwright")
        return 0
    line = LINEAGES[0]
    (typist,) = simulate_typists(load_layout(line.layout), load_lexicon(line.lexicon), 1, options.swipes, 5)
    sizes = [len(gzip.compress(file.content)) for file in load_pages().values()]
    print(f"all pages and assets, gzipped: {sum(sizes) / 1000:.1f} kB")
    with url_of(options.url) as url, sync_playwright() as playwright, TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        told("first contentful paint", [first_paint(browser, url) for _ in range(OPENINGS)])
        page = browser.new_context(**PHONE).new_page()
        page.goto(url)
        page.wait_for_selector("#board [data-letter]")
        page.wait_for_timeout(1000)
        page.evaluate(NOTES)
        devtools = page.context.new_cdp_session(page)
        trace = Path(folder) / "trace.json"
        browser.start_tracing(page=page, path=trace, categories=["disabled-by-default-devtools.timeline"])
        for gesture in typist.gestures:
            draw(page, devtools, gesture)
            page.wait_for_timeout(200)
        browser.stop_tracing()
        notes = page.evaluate("() => notes")
        took, worked = tasks(trace)
        browser.close()
    told("from a touch event to the frame that draws it", notes["trail"])
    told("from lift to the words on the page", notes["words"])
    told("main-thread tasks while swiping, by the clock", took)
    told("main-thread tasks while swiping, of the processor", worked)
    for name, times in (("by the clock", took), ("of the processor", worked)):
        print(f"tasks over a frame ({FRAME_MS:.1f} ms) {name}: {sum(one > FRAME_MS for one in times)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
