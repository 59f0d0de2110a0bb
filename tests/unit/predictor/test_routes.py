"""The routes while the model, the store and the load change, and what else they answer."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fedswipe.modelstore import StoreUnavailable
from services.predictor import api
from services.predictor.api import create_app
from services.predictor.bounded_pool import BoundedPool
from services.predictor.handlers import Predictor, Published
from services.predictor.readiness import Readiness
from services.predictor.requests import Keyboard
from services.predictor.serving import Wanted

Publish = Callable[[int, bytes], Published]
RandomModel = Callable[[int], bytes]
SWIPE: dict[str, Any] = {
    "layout": "qwerty-en",
    "width": 360,
    "height": 216,
    "points": [[40, 30, 0], [120, 90, 60], [300, 40, 130]],
}


async def predict(http: httpx.AsyncClient, body: object) -> httpx.Response:
    return await http.post("/api/v1/predict", json=body)


async def test_before_the_first_model_everything_but_health_says_so(
    http: httpx.AsyncClient, predictor: Predictor, publish: Publish
) -> None:
    for answer in (await predict(http, SWIPE), await http.get("/api/v1/model")):
        assert answer.status_code == 503
        assert answer.json()["code"] == "MODEL_NOT_LOADED"
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) >= 1
    assert (await http.get("/health")).json() == {"status": "healthy"}
    ready = await http.get("/ready")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert ready.json()["checks"]["model"] == "none loaded"
    predictor.arrange(Wanted(publish(1, b"?").ref))
    predictor.refuse(publish(1, b"?").ref, StoreUnavailable("away"), 2)
    assert "away" in (await http.get("/api/v1/model")).json()["detail"]
    assert "away" in (await http.get("/ready")).json()["checks"]["model"]


async def test_the_model_route_tells_what_is_served_and_what_is_not(
    http: httpx.AsyncClient, predictor: Predictor, publish: Publish, loaded: Published
) -> None:
    model = (await http.get("/api/v1/model")).json()
    assert model == {
        "id": "swipe-en",
        "version": 4,
        "sha256": loaded.event.model.sha256,
        "link_sha256": loaded.link.sha256,
        "loaded_since": "2030-01-01T12:00:00+00:00",
        "instance": "predictor-1",
        "wanted_version": 4,
        "pinned": False,
        "canary": None,
        "last_refusal": None,
    }
    predictor.arrange(Wanted(publish(5, b"?").ref))
    predictor.refuse(publish(5, b"?").ref, StoreUnavailable("gone"), 3)
    model = (await http.get("/api/v1/model")).json()
    assert (model["version"], model["wanted_version"]) == (4, 5)
    refusal = model["last_refusal"]
    assert (refusal["version"], refusal["attempts"]) == (5, 3)
    assert "gone" in refusal["reason"]
    ready = await http.get("/ready")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert "version 4 loaded; version 5 refused" in ready.json()["checks"]["model"]


async def test_a_store_that_is_away_is_said_and_does_not_make_it_unready(
    predictor: Predictor, pool: BoundedPool, loaded: Published
) -> None:
    ready = Readiness(predictor, caught_up=lambda: True, store_state=lambda: "open", predictions=str)
    app = create_app(predictor, ready, pool, Keyboard("qwerty-en", 360.0, 216.0), note=lambda _: None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://predictor") as http:
        answer = await http.get("/ready")
    assert answer.status_code == 200
    assert answer.json()["checks"]["store"] == "circuit open"


async def test_beyond_the_bound_requests_are_told_to_come_back(
    http: httpx.AsyncClient, predictor: Predictor, loaded: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, real = threading.Event(), predictor.predict

    def slow(*given: Any) -> Any:
        gate.wait(30)
        return real(*given)

    monkeypatch.setattr(predictor, "predict", slow)
    requests = [asyncio.ensure_future(predict(http, SWIPE)) for _ in range(7)]  # 2 threads, 2 may wait
    refused, _ = await asyncio.wait(requests[4:], timeout=10)
    assert {answer.result().status_code for answer in refused} == {503}
    assert {answer.result().json()["code"] for answer in refused} == {"OVERLOADED"}
    assert len(refused) == 3
    assert (await http.get("/health")).status_code == 200  # the event loop is free all the while
    gate.set()
    assert [answer.status_code for answer in await asyncio.gather(*requests[:4])] == [200] * 4
    assert (await predict(http, SWIPE)).status_code == 200


async def test_a_new_model_answers_between_two_requests(
    http: httpx.AsyncClient,
    predictor: Predictor,
    publish: Publish,
    random_model: RandomModel,
    loaded: Published,
) -> None:
    before = (await predict(http, SWIPE)).json()
    predictor.reload_model(publish(5, random_model(5)))
    after = (await predict(http, SWIPE)).json()
    assert (before["model"]["version"], after["model"]["version"]) == (4, 5)
    assert before["predictions"] != after["predictions"]


async def test_a_flood_of_requests_while_models_change_drops_none_and_mixes_none(
    http: httpx.AsyncClient, predictor: Predictor, publish: Publish, random_model: RandomModel
) -> None:
    heads, expected = [publish(version, random_model(version)) for version in range(1, 7)], {}
    for head in heads:
        predictor.reload_model(head)
        expected[head.link.version] = (await predict(http, SWIPE)).json()["predictions"] * 2
    changing = True

    async def flood() -> set[int]:
        seen = set()
        while changing:
            answer = await predict(http, {"swipes": [SWIPE, SWIPE]})
            assert answer.status_code == 200
            version = answer.json()["model"]["version"]
            assert answer.json()["predictions"] == expected[version]
            seen.add(version)
        return seen

    floods = [asyncio.ensure_future(flood()) for _ in range(3)]
    for head in heads * 3:
        await asyncio.to_thread(predictor.reload_model, head)
    changing = False
    assert len(set.union(*await asyncio.gather(*floods))) > 1


async def test_a_body_that_is_cut_short_is_no_fault_of_ours(
    app: FastAPI, pool: BoundedPool, loaded: Published
) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/v1/predict", "headers": [], "query_string": b""}
    await app(scope, receive, send)
    assert sent[0]["status"] == 400
    with pool.place(), pool.place(), pool.place(), pool.place():
        pass  # its place is free again


async def test_a_slow_body_gives_its_place_back(
    http: httpx.AsyncClient, loaded: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "BODY_SECONDS", 0.01)

    async def never_ends() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    answer = await http.post("/api/v1/predict", content=never_ends())
    assert (answer.status_code, answer.json()["code"]) == (408, "BODY_TOO_SLOW")
    assert (await predict(http, SWIPE)).status_code == 200


async def test_docs_describe_the_body_and_every_reference_leads_somewhere(http: httpx.AsyncClient) -> None:
    assert (await http.get("/docs")).status_code == 200
    document = (await http.get("/openapi.json")).json()

    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
            part = list(part.values())
        if isinstance(part, list):
            for inner in part:
                yield from references(inner)

    found = set(references(document))
    assert any(reference.endswith("Coordinate") for reference in found)
    for reference in found:
        at = document
        for step in reference.removeprefix("#/").split("/"):
            at = at[step.replace("~1", "/")]


async def test_unknown_routes_are_problems_too(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/v1/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
