"""Requests for words go on to the predictor of their layout, and come back as they are."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import FastAPI

from fedswipe.http.problem import answer_with_problems
from services.ingest.body import Room
from services.ingest.forwarding import Predictors, add_prediction_routes
from services.ingest.settings import Settings

ADDRESSES = {"qwerty-en": "http://en:1", "jcuken-ru": "http://ru:2"}
Answer = Callable[[httpx.Request], httpx.Response]


class Upstream:
    """What stands in for the predictors: it keeps requests and gives `answer`."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answer: Answer = lambda _: httpx.Response(200, json={"predictions": []})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
async def http(upstream: Upstream) -> AsyncIterator[httpx.AsyncClient]:
    app, settings = FastAPI(), Settings(max_bytes=1024)
    answer_with_problems(app)
    predictors = Predictors(ADDRESSES, httpx.MockTransport(upstream))
    add_prediction_routes(app, settings, predictors, Room(settings.max_held_bytes))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ingest") as client:
        yield client


@pytest.mark.parametrize(
    ("body", "host"),
    [
        (b'{"layout":"jcuken-ru",  "points":[]}', "ru"),
        (b'{"layout": "qwerty-en"}', "en"),
        (b'{"swipes": [{"layout": "jcuken-ru"}, {"layout": "qwerty-en"}]}', "ru"),
        (b'{"coords": []}', "en"),
        (b'{"layout": 7}', "en"),
        (b"[]", "en"),
    ],
)
async def test_the_layout_says_who_answers(http, upstream, body: bytes, host: str) -> None:
    assert (await http.post("/api/v1/predict", content=body)).status_code == 200
    (asked,) = upstream.requests
    assert (asked.method, asked.url.host, asked.url.path) == ("POST", host, "/api/v1/predict")
    assert asked.content == body


async def test_what_the_predictor_answers_comes_back_unchanged(http, upstream) -> None:
    headers = {"Content-Type": "application/problem+json", "Retry-After": "1"}
    upstream.answer = lambda _: httpx.Response(503, content=b'{ "code": "X"}', headers=headers)
    answer = await http.post("/api/v1/predict", json={"layout": "qwerty-en"})
    assert (answer.status_code, answer.content) == (503, b'{ "code": "X"}')
    assert {name.title(): answer.headers[name] for name in ("content-type", "retry-after")} == headers


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
async def test_a_predictor_that_is_away_is_a_503(http, upstream, error: type[httpx.TransportError]) -> None:
    def fails(_: httpx.Request) -> httpx.Response:
        raise error("gone")

    upstream.answer = fails
    answer = await http.post("/api/v1/predict", json={"layout": "qwerty-en"})
    assert (answer.status_code, answer.json()["code"]) == (503, "PREDICTOR_AWAY")
    assert answer.headers["retry-after"]


async def test_a_layout_that_no_model_learns_is_refused(http, upstream) -> None:
    answer = await http.post("/api/v1/predict", json={"layout": "qwertz-de"})
    assert (answer.status_code, answer.json()["code"]) == (422, "UNKNOWN_LAYOUT")
    assert "qwerty-en" in answer.json()["detail"]
    assert upstream.requests == []


async def test_a_layout_without_a_predictor_is_a_503_that_says_what_to_set(door) -> None:
    answer = await door.http.post("/api/v1/predict", json={"layout": "qwerty-en"})
    assert (answer.status_code, answer.json()["code"]) == (503, "PREDICTOR_AWAY")
    assert "INGEST_PREDICTORS" in answer.json()["detail"]


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b" " * 2000, 413)])
async def test_what_is_no_request_goes_nowhere(http, upstream, body: bytes, status: int) -> None:
    assert (await http.post("/api/v1/predict", content=body)).status_code == status
    assert upstream.requests == []
