"""People who type at a given rate; whatever is not answered is sent again under the same ids."""

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
import orjson

from fedswipe.errors import FedswipeError
from fedswipe.events import ClientId, SwipeId
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import Lexicon, load_lexicon
from fedswipe.swipe.typists import Typist, simulate_typists
from fedswipe.testing.proof import SwipeKey
from fedswipe.topology import Lineage

SENDERS = 3
CLIENTS = 24  # together; each sender has clients of its own
GESTURES = 60  # a client, sent again and again under new ids
LETTERS = range(2, 5)  # of a word: short gestures, so that sending and training cost little
MOST_SWIPES = 60  # a request
WORDLESS = 0.05  # the share of swipes whose word nobody knows
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


class Sender:
    """Types for some clients in one thread. Raises AssertionError on an answer that nobody should get, and
    FedswipeError when the run is broken off.
    """

    def __init__(self, clients: Sequence["Typing"], urls: Sequence[str], pace: Pace, seed: int) -> None:
        self.sent = Sent()
        self._clients = clients
        self._urls = urls
        self._pace = pace
        self._random = np.random.default_rng(seed)
        self._late: deque[bytes] = deque(maxlen=REMEMBERED)

    def run(self) -> Sent:
        """Send until there is enough; everything that was sent is acknowledged then."""
        due = time.monotonic()
        with httpx.Client(timeout=PATIENCE) as http:
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


@dataclass
class Typing:
    """One client: how they swipe some words, and how many swipes they have made."""

    client_id: str
    words: Sequence[str]
    shapes: Sequence[dict[str, Any]]
    made: int = 0

    def next(self, count: int, random: np.random.Generator) -> list[dict[str, Any]]:
        """Return the bodies of their next swipes, under ids that were never used."""
        numbers = range(self.made, self.made + count)
        self.made += count
        return [self._body(n, bool(random.random() >= WORDLESS)) for n in numbers]

    def _body(self, number: int, known: bool) -> dict[str, Any]:
        place = number % len(self.words)
        names = {"client_id": self.client_id, "swipe_id": f"{self.client_id}-{number}"}
        return {**names, "word": self.words[place] if known else None, **self.shapes[place]}


def senders(lineage: Lineage, urls: Sequence[str], pace: Pace, seed: int) -> list[Sender]:
    """Return the senders, who share clients and pace among them."""
    clients = list(_clients(lineage, seed))
    share = Pace(-(-pace.swipes // SENDERS), pace.a_second / SENDERS, pace.enough, pace.ending)
    return [Sender(clients[n::SENDERS], urls, share, seed + n) for n in range(SENDERS)]


def a_swipe(lineage: Lineage) -> bytes:
    """Return the body of a request for the words of one swipe."""
    typist = _typists(lineage, 1, 1, seed=0)[0]
    return orjson.dumps({"swipes": [_shape(lineage, typist.gestures[0])], "top_k": 3})


def _clients(lineage: Lineage, seed: int) -> Iterator[Typing]:
    for typist in _typists(lineage, CLIENTS, GESTURES, seed):
        yield Typing(typist.client_id, typist.words, [_shape(lineage, one) for one in typist.gestures])


def _typists(lineage: Lineage, people: int, swipes_each: int, seed: int) -> list[Typist]:
    layout, lexicon = load_layout(lineage.layout), load_lexicon(lineage.lexicon)
    return simulate_typists(layout, _short(lexicon), people, swipes_each, seed)


def _shape(lineage: Lineage, gesture: Gesture) -> dict[str, Any]:
    points = np.round(gesture.points.astype(float), 1).tolist()  # finer than any finger
    names = {"layout": lineage.layout, "width": gesture.width, "height": gesture.height}
    return {**names, "points": orjson.Fragment(orjson.dumps(points))}


def _short(lexicon: Lexicon) -> Lexicon:
    kept = [row for row, word in enumerate(lexicon.words) if len(word) in LETTERS]
    words = tuple(lexicon.words[row] for row in kept)
    return Lexicon(words, lexicon.log_unigram[kept], lexicon.language, lexicon.alphabet)
