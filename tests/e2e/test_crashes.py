"""kill -9 of each service while it is busy and swipes keep coming; then a proof from topics and store."""

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import tenacity

from fedswipe.events import ClientId, SwipeId
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import Typist, simulate_typists
from fedswipe.testing.account import settle_account
from fedswipe.testing.proof import SwipeKey, prove_chain, prove_swipes
from fedswipe.testing.running_loop import RunningLoop
from fedswipe.testing.until import until
from fedswipe.topology import Lineage

DEADLINE = 90.0  # seconds; reached only by a failure
PEOPLE, SWIPES_EACH = 12, 6
PACE_SECONDS = 0.3  # between two requests
AGAIN = 3  # every so manieth request is sent once more after its answer, as if that had been lost
BURST = 5  # times everybody's swipes in one request: seconds of work
MODELS_BETWEEN = 2  # after each crash the loop publishes so many before the next one

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


class Keyboards:
    """People who type on and on; whatever has no answer is sent again, under the same ids."""

    def __init__(self, url: str, lineage: Lineage) -> None:
        self.with_word: set[SwipeKey] = set()
        self.without_word: set[SwipeKey] = set()
        self.unanswered = 0
        self.under_way = threading.Event()
        self._answered = threading.Event()
        self._http = httpx.Client(base_url=url, timeout=10)
        self._layout = lineage.layout
        layout, lexicon = load_layout(lineage.layout), load_lexicon(lineage.lexicon)
        self._people = simulate_typists(layout, lexicon, PEOPLE, SWIPES_EACH, seed=5)
        self._stopping = threading.Event()

    @contextmanager
    def typing(self) -> Iterator[None]:
        """Type in a thread until the context closes; raises what went wrong there."""
        with ThreadPoolExecutor(1) as thread, self._http:
            done = thread.submit(self._type)
            try:
                yield
            finally:
                self._stopping.set()
            done.result(DEADLINE)

    def next_answer(self) -> bool:
        """Return at the moment of the next acknowledgement."""
        self._answered.clear()
        return self._answered.wait(DEADLINE)

    def burst(self) -> None:
        """Send many swipes at once."""
        self._record(
            [swipe for n in range(BURST) for one in self._people for swipe in self._swipes(one, f"burst-{n}")]
        )

    def _type(self) -> None:
        for number in itertools.count():
            if self._stopping.wait(PACE_SECONDS):
                return
            swipes = self._swipes(self._people[number % PEOPLE], str(number))
            self._record(swipes)
            self._answered.set()
            if number % AGAIN == 0:
                self._post("/api/v1/swipes", {"swipes": swipes})
                self._post("/api/v1/train", {"client_id": swipes[0]["client_id"]})

    def _record(self, swipes: list[dict[str, Any]]) -> None:
        self._post("/api/v1/swipes", {"swipes": swipes})
        for swipe in swipes:
            key = SwipeKey(ClientId(swipe["client_id"]), SwipeId(swipe["swipe_id"]))
            (self.with_word if swipe["word"] else self.without_word).add(key)

    def _swipes(self, typist: Typist, name: str) -> list[dict[str, Any]]:
        """Return the bodies of a person's swipes under new ids; nobody knows the word of the last one."""
        return [
            {
                "client_id": typist.client_id,
                "swipe_id": f"{name}-{n}",
                "layout": self._layout,
                "word": typist.words[n] if n < SWIPES_EACH - 1 else None,
                "width": gesture.width,
                "height": gesture.height,
                "points": gesture.points.tolist(),
            }
            for n, gesture in enumerate(typist.gestures)
        ]

    def _post(self, path: str, body: Any) -> None:
        again = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(httpx.TransportError)
            | tenacity.retry_if_result(lambda answer: answer.status_code == httpx.codes.SERVICE_UNAVAILABLE),
            wait=tenacity.wait_random_exponential(multiplier=0.05, max=0.5),
            stop=tenacity.stop_after_delay(DEADLINE),
            before_sleep=self._count,
        )
        answer = again(self._request, path, body)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text

    def _request(self, path: str, body: Any) -> httpx.Response:
        self.under_way.set()
        try:
            return self._http.post(path, json=body)
        finally:
            self.under_way.clear()

    def _count(self, _: tenacity.RetryCallState) -> None:
        self.unanswered += 1


def test_no_crash_loses_an_acknowledged_swipe_or_counts_one_twice(loop: RunningLoop) -> None:
    keyboards = Keyboards(loop.urls["ingest"], loop.lineage)
    with keyboards.typing():
        loop.watch.wait_for(2, DEADLINE)
        crash(loop, "ingest", keyboards.under_way.is_set)  # in the middle of a request
        crash(loop, "ingest", keyboards.next_answer)  # with nothing but the broker to hold what it promised
        keyboards.burst()
        much = loop.untrained
        crash(loop, "trainer", lambda: 0 < loop.untrained < much)  # one of many ranges is settled
        crash(loop, "aggregator", lambda: loop.unfolded > 0)  # with a window half full
        version = loop.watch.version
        crash(loop, "predictor", lambda: loop.watch.version > version)  # while it loads a new model
    assert keyboards.unanswered > 0

    loop.wait_settled(DEADLINE)
    served = loop.wait_served(DEADLINE)
    prove_swipes(loop.kafka, keyboards.with_word, keyboards.without_word)
    never_sent = SwipeKey(ClientId("nobody"), SwipeId("never-sent"))
    account = settle_account(
        loop.kafka, loop.store, keyboards.with_word | {never_sent}, keyboards.without_word
    )
    assert account.broken == ("swipe never-sent of nobody: acknowledged, and not in the topic",)
    report = prove_chain(loop.kafka, loop.store, loop.lineage)
    assert report.chain.head == loop.head
    assert served["sha256"] == loop.watch.event(loop.watch.version).model.sha256


def crash(loop: RunningLoop, name: str, busy: Callable[[], bool]) -> None:
    """Kill a service at a busy moment, start it again, and wait until new models come."""
    until(busy, f"{name} is busy", DEADLINE)
    service = loop.services[name]
    service.kill()
    service.restart()
    loop.watch.wait_for(loop.watch.version + MODELS_BETWEEN, DEADLINE)
