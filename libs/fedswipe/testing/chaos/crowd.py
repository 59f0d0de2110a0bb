"""People who type at a given rate; whatever is not answered is sent again under the same ids."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx
import numpy as np
import orjson

from fedswipe.errors import FedswipeError
from fedswipe.events import ClientId, SwipeId
from fedswipe.testing.chaos.people import Typing, typing_people
from fedswipe.testing.proof import SwipeKey
from fedswipe.topology import Lineage

SENDERS = 3
MOST_SWIPES = 60  # a request
AGAIN = 0.15  # the share of requests after whose answer an earlier one is sent again, as if unanswered
REMEMBERED = 40  # requests that may be sent again
TRAIN = 0.01  # the share of requests after which somebody asks for training
PATIENCE = 20.0  # seconds for one answer: ingest says 503 long before
GIVE_UP_SECONDS = 300.0  # tries for one request: no outage is so long
WAIT_SECONDS = 0.05, 0.8  # at random between two tries


@dataclass
class Sent:
    """What one sender has had acknowledged, and what it took."""

    with_word: set[SwipeKey] = field(default_factory=set)
    without_word: set[SwipeKey] = field(default_factory=set)
    requests: int = 0
    unanswered: int = 0
    unavailable: int = 0
    sent_again: int = 0

    @property
    def swipes(self) -> int:
        """Return how many swipes were acknowledged."""
        return len(self.with_word) + len(self.without_word)

    def __add__(self, other: "Sent") -> "Sent":
        return Sent(
            self.with_word | other.with_word,
            self.without_word | other.without_word,
            self.requests + other.requests,
            self.unanswered + other.unanswered,
            self.unavailable + other.unavailable,
            self.sent_again + other.sent_again,
        )


@dataclass(frozen=True)
class Pace:
    """At least so many swipes, so many a second, and on until `enough` is set; `ending` breaks off."""

    swipes: int
    a_second: float
    enough: threading.Event
    ending: threading.Event


def connected() -> httpx.Client:
    """Return a client of real servers."""
    return httpx.Client(timeout=PATIENCE)


class Sender:
    """Types for some clients in one thread. Raises AssertionError on an answer that nobody should get, and
    FedswipeError when the run is broken off.
    """

    def __init__(
        self,
        clients: Sequence[Typing],
        urls: Sequence[str],
        pace: Pace,
        seed: int,
        connect: Callable[[], httpx.Client] = connected,
    ) -> None:
        self.sent = Sent()
        self._clients = clients
        self._urls = urls
        self._pace = pace
        self._random = np.random.default_rng(seed)
        self._connect = connect
        self._late: deque[bytes] = deque(maxlen=REMEMBERED)

    def run(self) -> Sent:
        """Send until there is enough; everything that was sent is acknowledged then."""
        due = time.monotonic()
        with self._connect() as http:
            while self.sent.swipes < self._pace.swipes or not self._pace.enough.is_set():
                due += self._one_request(http) / self._pace.a_second
                self._wait(due - time.monotonic())
        return self.sent

    def _one_request(self, http: httpx.Client) -> int:
        client = self._clients[int(self._random.integers(len(self._clients)))]
        swipes = client.next(int(self._random.integers(1, MOST_SWIPES)), self._random)
        body = orjson.dumps({"swipes": swipes})
        self._post(http, "/api/v1/swipes", body)
        for swipe in swipes:
            key = SwipeKey(ClientId(swipe["client_id"]), SwipeId(swipe["swipe_id"]))
            (self.sent.with_word if swipe["word"] else self.sent.without_word).add(key)
        self._late.append(body)
        if self._random.random() < AGAIN:
            self.sent.sent_again += 1
            self._post(http, "/api/v1/swipes", self._late[int(self._random.integers(len(self._late)))])
        if self._random.random() < TRAIN:
            self._post(http, "/api/v1/train", orjson.dumps({"client_id": client.client_id}))
        return len(swipes)

    def _post(self, http: httpx.Client, path: str, body: bytes) -> None:
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while not self._is_accepted(http, path, body):
            assert time.monotonic() < deadline, f"{path}: not accepted within {GIVE_UP_SECONDS:g} s"
            self._wait(self._random.uniform(*WAIT_SECONDS))

    def _is_accepted(self, http: httpx.Client, path: str, body: bytes) -> bool:
        self.sent.requests += 1
        url = self._urls[int(self._random.integers(len(self._urls)))]
        try:
            answer = http.post(f"{url}{path}", content=body, headers={"content-type": "application/json"})
        except httpx.TransportError:
            self.sent.unanswered += 1
            return False
        if answer.is_server_error:
            self.sent.unavailable += 1
            return False
        assert answer.status_code == httpx.codes.ACCEPTED, f"{url}{path}: {answer.status_code} {answer.text}"
        return True

    def _wait(self, seconds: float) -> None:
        if self._pace.ending.wait(max(0.0, seconds)):
            raise FedswipeError("the run was broken off")


def senders(lineage: Lineage, urls: Sequence[str], pace: Pace, seed: int) -> list[Sender]:
    """Return the senders, who share clients and pace among them."""
    clients = typing_people(lineage, seed)
    share = Pace(-(-pace.swipes // SENDERS), pace.a_second / SENDERS, pace.enough, pace.ending)
    return [Sender(clients[n::SENDERS], urls, share, seed + n) for n in range(SENDERS)]
