"""Somebody at the keyboard's page, in a browser that Playwright drives."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fedswipe.swipe.gesture import Gesture

WORD = "b => document.querySelector('#text').value !== b"
# A browser holds input back until it has painted a page for the first time.
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
OLDER = "ms => performance.now() > ms"  # no event of a page is older than the page
LETTERS = """([x, y]) => {
  const under = document.elementFromPoint(x, y);
  return Boolean(under?.closest("#board")) && !under.closest(".act");
}"""
DEADLINE_MS = 15_000.0  # reached only by a failure


class Visitor:
    """Somebody with the keyboard's page open. What the browser complains of is in `complaints`."""

    def __init__(self, page: Any, origin: str, pictures: Path) -> None:
        self.page = page
        self.origin = origin
        self._pictures = pictures
        self.complaints: list[str] = []
        self.expected = ""  # a complaint that a test provokes
        self.requests: list[Any] = []
        page.on("console", self._read)
        page.on("pageerror", lambda error: self._hear(str(error)))
        page.on("request", lambda request: self.requests.append(request))
        self._devtools = page.context.new_cdp_session(page)

    def visit(self, path: str = "/") -> None:
        """Open the page, and wait until it can be swiped on."""
        self.page.goto(self.origin + path)
        self.page.wait_for_selector("#board [data-letter]")
        self.page.evaluate(PAINTED)
        self._touches = self.page.evaluate("navigator.maxTouchPoints > 0")

    @property
    def text(self) -> str:
        """What the text field holds."""
        found: str = self.page.input_value("#text")
        return found

    @property
    def suggestions(self) -> list[str]:
        """The words on offer, the likeliest first."""
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
        """Press a key that is no letter."""
        self.page.locator(f'#board [data-act="{name}"]').click()

    def tap(self, letter: str) -> None:
        """Tap a letter."""
        self.page.locator(f'#board [data-letter="{letter}"]').click()

    def picture(self, name: str) -> None:
        """Keep what the page looks like now."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self._pictures / f"{name}.png")

    def _path(self, gesture: Gesture) -> list[list[float]]:
        """Its points on the page, in CSS pixels."""
        box = self.page.locator("#board").bounding_box()
        size = np.array([box["width"], box["width"] * 216 / 360])  # of the letters' part
        path = np.array([box["x"], box["y"]]) + gesture.points[:, :2] / [gesture.width, gesture.height] * size
        found: list[list[float]] = path.tolist()
        return found

    def _read(self, said: Any) -> None:
        if said.type in ("error", "warning"):
            self._hear(said.text)

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
