"""Asks the predictor for words all the time, and tells which failures nobody can excuse."""

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from fedswipe.testing.chaos.actor import Outage

PAUSE_SECONDS = 0.1  # between two requests
PATIENCE = 30.0  # seconds: on a busy machine slow is no failure


@dataclass(frozen=True)
class Failure:
    """A request without words, from its start to its end in monotonic seconds."""

    start: float
    end: float
    what: str


class Prober:
    """Predicts one swipe again and again in a thread of its own, until `stop`."""

    def __init__(self, url: str, swipe: Any) -> None:
        self.requests = 0
        self.failures: list[Failure] = []
        self._url = f"{url}/api/v1/predict"
        self._swipe = swipe
        self._stopping = threading.Event()

    def run(self) -> None:
        """Predict until `stop`."""
        with httpx.Client(timeout=PATIENCE) as http:
            while not self._stopping.wait(PAUSE_SECONDS):
                start = time.monotonic()
                self.requests += 1
                if (wrong := self._wrong(http)) is not None:
                    self.failures.append(Failure(start, time.monotonic(), wrong))

    def stop(self) -> None:
        """End `run`."""
        self._stopping.set()

    def _wrong(self, http: httpx.Client) -> str | None:
        try:
            answer = http.post(self._url, content=self._swipe, headers={"content-type": "application/json"})
        except httpx.TransportError as error:
            return type(error).__name__
        if not answer.is_success:
            return f"{answer.status_code} {answer.text[:200]}"
        return None if answer.json()["predictions"][0]["words"] else "no words"


def inexcusable(failures: Iterable[Failure], outages: Sequence[Outage]) -> list[Failure]:
    """Return the failures of requests that no outage touches, not even with their first or last moment."""
    return [f for f in failures if not any(outage.touches(f.start, f.end) for outage in outages)]
