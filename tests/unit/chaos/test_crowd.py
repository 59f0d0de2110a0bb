"""A sender sends until it is answered, under the same ids, and knows what was acknowledged."""

import threading
from collections import Counter
from collections.abc import Callable

import httpx
import orjson
import pytest

from fedswipe.testing.chaos import crowd
from fedswipe.testing.chaos.crowd import Pace, Sender
from fedswipe.testing.chaos.people import Typing

SWIPES = 1_000
URLS = ("http://one", "http://two")
Answer = Callable[[int], httpx.Response]  # by how manieth a request is


class Ingest:
    """Stands in for ingest: it stores what it answers 202 to, and now and then what it does not answer."""

    def __init__(self, answer: Answer) -> None:
        self.stored: Counter[str] = Counter()
        self.asked = 0
        self._answer = answer

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        answer = self._answer(self.asked)
        if answer.is_success and request.url.path == "/api/v1/swipes":
            self.stored.update(swipe["swipe_id"] for swipe in orjson.loads(request.content)["swipes"])
        return answer

    def connect(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.handle))


def sender(ingest: Ingest) -> Sender:
    enough = threading.Event()
    enough.set()
    pace = Pace(SWIPES, 1e9, enough, threading.Event())
    clients = [Typing(name, ("a", "word"), ({"layout": "qwerty-en"},) * 2) for name in ("ann", "bob")]
    return Sender(clients, URLS, pace, seed=1, connect=ingest.connect)


def accepted(_: int) -> httpx.Response:
    return httpx.Response(202)


def troubled(number: int) -> httpx.Response:
    if number % 3 == 0:
        raise httpx.ReadError("killed")
    return httpx.Response(503 if number % 5 == 0 else 202)


def test_it_sends_enough_and_some_of_it_again_after_the_answer() -> None:
    ingest = Ingest(accepted)
    sent = sender(ingest).run()
    assert sent.swipes >= SWIPES
    assert {key.swipe_id for key in sent.with_word | sent.without_word} == ingest.stored.keys()
    assert sent.sent_again > 0
    assert max(ingest.stored.values()) > 1
    assert (sent.unanswered, sent.unavailable) == (0, 0)


def test_whatever_has_no_answer_or_a_503_is_sent_again_under_the_same_ids(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crowd, "WAIT_SECONDS", (0.0, 0.001))
    ingest = Ingest(troubled)
    sent = sender(ingest).run()
    assert {key.swipe_id for key in sent.with_word | sent.without_word} == ingest.stored.keys()
    assert sent.unanswered > 0
    assert sent.unavailable > 0
    assert sent.requests == ingest.asked


def test_a_refusal_is_not_passed_over() -> None:
    with pytest.raises(AssertionError, match="422"):
        sender(Ingest(lambda _: httpx.Response(422))).run()
