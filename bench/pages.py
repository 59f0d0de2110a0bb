"""Measures the keyboard's page in the system's Chromium: size, first paint, tasks, trail, words after a lift.

    python bench/pages.py [--url http://127.0.0.1:8000] [--swipes 20]

Without --url a loop of its own is started. Gestures are those of simulated typists, drawn at their own speed
on a phone-sized viewport, by a finger and by a mouse. Figures are milliseconds: median and 95th percentile,
unless they say otherwise. A finger's events are on their way through the browser for longer than a mouse's
before the page is told; what the page adds is measured from then on.
"""

import argparse
import gzip
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
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
# Notes when each move is on the canvas, since it was made and since the page was told (pointerrawupdate comes
# at once, pointermove with a frame), and how long after a lift the words are on the page.
NOTES = """() => {
  window.notes = { trail: [], told: [], words: [] };
  const board = document.querySelector("#board");
  let lifted = 0, moved = 0, told = 0;
  board.addEventListener("pointerrawupdate", () => { told ||= performance.now(); });
  board.addEventListener("pointermove", (event) => { moved ||= event.timeStamp; });
  board.addEventListener("pointerup", (event) => { lifted = event.timeStamp; });
  const frame = () => {
    if (moved) {
      notes.trail.push(performance.now() - moved);
      notes.told.push(performance.now() - told);
      moved = told = 0;
    }
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


def by_finger(devtools: Any, kind: str, x: float, y: float) -> None:
    points = [] if kind == "end" else [{"x": x, "y": y}]
    devtools.send("Input.dispatchTouchEvent", {"type": f"touch{kind.title()}", "touchPoints": points})


def by_mouse(devtools: Any, kind: str, x: float, y: float) -> None:
    name = {"start": "mousePressed", "move": "mouseMoved", "end": "mouseReleased"}[kind]
    event = {"type": name, "x": x, "y": y, "button": "left", "buttons": int(kind != "end"), "clickCount": 1}
    devtools.send("Input.dispatchMouseEvent", event)


HANDS = {"a finger": by_finger, "a mouse": by_mouse}


def draw(page: Any, devtools: Any, gesture: Gesture, hand: Callable[[Any, str, float, float], None]) -> None:
    """Draw a gesture at its own speed."""
    box = page.locator("#board").bounding_box()
    scale = box["width"] / gesture.width
    began = time.perf_counter()
    for number, (x, y, t) in enumerate(gesture.points.tolist()):
        page.wait_for_timeout(max(0.0, t - (time.perf_counter() - began) * 1000))
        place = (box["x"] + x * scale, box["y"] + y * scale)
        hand(devtools, "move" if number else "start", *place)
    hand(devtools, "end", *place)


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


def swiping(browser: Any, url: str, hand: str, gestures: Sequence[Gesture], trace: Path) -> None:
    """Draw them on the page with this hand, and tell what it took."""
    with browser.new_context(**PHONE) as context:
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector("#board [data-letter]")
        page.wait_for_timeout(1000)
        page.evaluate(NOTES)
        devtools = page.context.new_cdp_session(page)
        browser.start_tracing(page=page, path=trace, categories=["disabled-by-default-devtools.timeline"])
        for gesture in gestures:
            draw(page, devtools, gesture, HANDS[hand])
            page.wait_for_timeout(200)
        browser.stop_tracing()
        notes = page.evaluate("() => notes")
    took, worked = tasks(trace)
    told(f"{hand}: from an event to the frame that draws it", notes["trail"])
    told(f"{hand}: from the page's knowing of it to that frame", notes["told"])
    told(f"{hand}: from lift to the words on the page", notes["words"])
    for name, times in (("by the clock", took), ("of the processor", worked)):
        told(f"{hand}: main-thread tasks while swiping, {name}", times)
        print(f"{hand}: tasks over a frame ({FRAME_MS:.1f} ms) {name}: {sum(t > FRAME_MS for t in times)}")


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
        for hand in HANDS:
            swiping(browser, url, hand, typist.gestures, Path(folder) / "trace.json")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
