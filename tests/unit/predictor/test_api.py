import asyncio
import json
import math
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from fedswipe.events import CanaryBy, PredictionServed
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import from_bytes, search_weights
from fedswipe.modelstore import StoreUnavailable
from fedswipe.serving.state import Canary
from fedswipe.swipe.bigrams import STEP
from fedswipe.testing.modelstore import InMemoryModelStore
from services.predictor import api
from services.predictor.api import MOST_BYTES, create_app
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
GESTURE: dict[str, Any] = {
    "gesture_id": "g1",
    "coords": [{"x": 40, "y": 30, "t": 5.0}, {"x": 120, "y": 90, "t": 5.06}, {"x": 300, "y": 40, "t": 5.13}],
    "word": None,
}


@pytest.fixture
def pool() -> Iterator[BoundedPool]:
    pool = BoundedPool(threads=2, waiting=2)
    yield pool
    pool.close()


@pytest.fixture
async def http(predictor: Predictor, pool: BoundedPool) -> AsyncIterator[httpx.AsyncClient]:
    ready = Readiness(predictor, caught_up=lambda: True, store_state=lambda: "closed", predictions=str)
    app = create_app(predictor, ready, pool, Keyboard("qwerty-en", 360.0, 216.0), note=lambda _: None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://predictor") as client:
        yield client


@pytest.fixture
def loaded(predictor: Predictor, publish: Publish, random_model: RandomModel) -> Published:
    published = publish(4, random_model(4))
    predictor.reload_model(published)
    return published


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


async def test_one_swipe_in_both_shapes_and_in_a_batch_gives_the_same_words(
    http: httpx.AsyncClient, loaded: Published
) -> None:
    one = (await predict(http, SWIPE | {"swipe_id": "s1", "top_k": 3})).json()
    other = (await predict(http, GESTURE | {"top_k": 3})).json()
    batch = (await predict(http, {"swipes": [SWIPE, GESTURE], "top_k": 3})).json()
    (words,) = one["predictions"]
    assert words["swipe_id"] == "s1"
    assert len(words["words"]) == 3
    assert sum(word["probability"] for word in words["words"]) == pytest.approx(1.0)
    assert other["predictions"] == [{"swipe_id": "g1", "words": words["words"], "version": 4}]
    assert batch["predictions"] == [
        {"swipe_id": None, "words": words["words"], "version": 4},
        {"swipe_id": "g1", "words": words["words"], "version": 4},
    ]
    model = loaded.event.model
    for answer in (one, other, batch):
        assert answer["model"]["id"] == "swipe-en"
        assert (answer["model"]["version"], answer["model"]["sha256"]) == (4, model.sha256)
        assert answer["took_ms"] > 0


async def test_top_k_has_a_default_and_bounds(http: httpx.AsyncClient, loaded: Published) -> None:
    assert len((await predict(http, SWIPE)).json()["predictions"][0]["words"]) == 5
    for top_k in (0, 21, 2.5, "3", True, None):
        answer = await predict(http, SWIPE | {"top_k": top_k})
        assert (answer.status_code, answer.json()["code"]) == (422, "BAD_TOP_K")


async def test_a_tap_is_a_letter(http: httpx.AsyncClient, loaded: Published) -> None:
    answer = await predict(http, SWIPE | {"points": [[18, 33, 0]], "top_k": 1})
    assert answer.json()["predictions"][0]["words"] == [{"word": "q", "probability": 1.0, "display": "q"}]


def chances(answer: httpx.Response, place: int = 0) -> dict[str, float]:
    return {word["word"]: word["probability"] for word in answer.json()["predictions"][place]["words"]}


def odds(answer: httpx.Response, place: int = 0) -> float:
    """Those of "world" against all other words."""
    chance = chances(answer, place)["world"]
    return chance / (1 - chance)


async def test_the_words_before_a_swipe_count(
    http: httpx.AsyncClient, loaded: Published, store: InMemoryModelStore, architecture: Architecture
) -> None:
    search = search_weights(from_bytes(store.get(loaded.event.model), architecture))
    more = math.exp(search.scale * search.unigram * STEP * 127)  # "world" follows "hello", see conftest
    plain = odds(await predict(http, SWIPE | {"top_k": 20}))
    for context in ("Hello", "oh, hello ", ["oh", "hello"]):
        told = await predict(http, SWIPE | {"top_k": 20, "context": context})
        assert odds(told) == pytest.approx(more * plain, rel=1e-6)
        for gesture in (GESTURE | {"context": context}, {"swipes": [SWIPE, SWIPE | {"context": context}]}):
            answer = await predict(http, gesture | {"top_k": 20})
            assert odds(answer, -1) == pytest.approx(more * plain, rel=1e-6)


async def test_a_context_that_tells_nothing_changes_no_probability(
    http: httpx.AsyncClient, loaded: Published
) -> None:
    plain = chances(await predict(http, SWIPE))
    for context in (None, "", [], "Hello.", "hello 7", "word", "x" * 1000, ["x"] * 200):
        assert chances(await predict(http, SWIPE | {"context": context})) == plain
    both = await predict(http, {"swipes": [SWIPE, SWIPE | {"context": "hello"}]})
    assert chances(both) == plain
    assert chances(both, 1) != plain


async def test_words_are_shown_as_they_are_written(
    http: httpx.AsyncClient, predictor: Predictor, loaded: Published
) -> None:
    predictor.displays = {"fox": "Fox"}
    for context, capital in ((None, False), ("hello", False), ("", True), ("Hello.", True)):
        answer = await predict(http, SWIPE | {"top_k": 20, "context": context})
        words = answer.json()["predictions"][0]["words"]
        displays = {word["word"]: word["display"] for word in words}
        assert displays["fox"] == "Fox"
        assert displays["jumps"] == ("Jumps" if capital else "jumps")


async def test_a_taps_letter_may_begin_any_word(
    http: httpx.AsyncClient, predictor: Predictor, loaded: Published
) -> None:
    predictor.displays = {"q": "Q"}
    for context, display in ((None, "q"), ("", "Q")):
        answer = await predict(http, SWIPE | {"points": [[18, 33, 0]], "top_k": 1, "context": context})
        assert answer.json()["predictions"][0]["words"][0]["display"] == display


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"points": []}, "no_points", "points"),
        ({"points": [[1, 2, float("nan")]]}, "not_finite", "points"),
        ({"points": [[1, 2, 5], [1, 2, 4]]}, "times_run_backwards", "points"),
        ({"points": [[1, 2, 3]] * 10_000}, "too_many_points", "points"),
        ({"points": [[1, 2, 3], [1, 2]]}, "missing_field", "points[1][2]"),
        ({"points": "none"}, "wrong_type", "points"),
        ({"width": -1}, "bad_keyboard_size", "width"),
        ({"width": "wide"}, "wrong_type", "width"),
        ({"layout": "jcuken-ru"}, "layout_not_served", "layout"),
        ({"layout": 5}, "wrong_type", "layout"),
        ({"client_id": ""}, "bad_client_id", "client_id"),
        ({"swipe_id": "x" * 200}, "bad_swipe_id", "swipe_id"),
        ({"colour": "red"}, "unknown_field", "colour"),
        ({"coords": [{"x": 1, "y": 2}]}, "missing_field", "coords[0].t"),
        ({"coords": []}, "no_points", "points"),
        ({"context": 7}, "wrong_type", "context"),
        ({"context": ["how", 7]}, "wrong_type", "context"),
        ({"context": {"text": "how"}}, "wrong_type", "context"),
        ({"context": "x" * 1001}, "context_too_long", "context"),
        ({"context": ["x"] * 201}, "context_too_long", "context"),
        ({"context": ["x" * 501] * 2}, "context_too_long", "context"),
        ({"coords": GESTURE["coords"], "context": 7}, "wrong_type", "context"),
    ],
)
async def test_a_bad_swipe_is_refused_with_its_index_code_field_and_remedy(
    http: httpx.AsyncClient, loaded: Published, change: dict[str, Any], code: str, field: str
) -> None:
    body = json.dumps({"swipes": [SWIPE, SWIPE | change, SWIPE]})
    answer = await http.post("/api/v1/predict", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "REFUSED")
    (error,) = answer.json()["errors"]
    assert (error["index"], error["code"], error["field"]) == (1, code, field)
    assert error["remedy"]


async def test_every_refused_index_is_listed(http: httpx.AsyncClient, loaded: Published) -> None:
    answer = await predict(http, {"swipes": [SWIPE | {"width": 0}, SWIPE, 7, SWIPE | {"points": []}]})
    assert [error["index"] for error in answer.json()["errors"]] == [0, 2, 3]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "NOT_JSON"),
        (b"", 400, "NOT_JSON"),
        (b"[]", 422, "UNKNOWN_SHAPE"),
        (b'{"swipes": {}}', 422, "UNKNOWN_SHAPE"),
        (b'{"swipes": []}', 422, "NO_SWIPES"),
        (json.dumps({"swipes": [SWIPE], "context": "hello"}).encode(), 422, "BAD_CONTEXT"),
        (json.dumps({"swipes": [SWIPE] * 101}).encode(), 413, "TOO_MANY_SWIPES"),
        (b" " * (MOST_BYTES + 1), 413, "BODY_TOO_LARGE"),
    ],
    ids=str,
)
async def test_a_bad_body_is_refused(
    http: httpx.AsyncClient, loaded: Published, body: bytes, status: int, code: str
) -> None:
    answer = await http.post("/api/v1/predict", content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


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
    predictor: Predictor, pool: BoundedPool, loaded: Published
) -> None:
    ready = Readiness(predictor, caught_up=lambda: True, store_state=lambda: "closed", predictions=str)
    app = create_app(predictor, ready, pool, Keyboard("qwerty-en", 360.0, 216.0), note=lambda _: None)
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


async def test_each_prediction_names_its_version_while_a_canary_is_on(
    http: httpx.AsyncClient, predictor: Predictor, publish: Publish, random_model: RandomModel
) -> None:
    stable, tried = (publish(version, random_model(version)) for version in (4, 5))
    canary = Canary(tried.ref, 0.5, CanaryBy.CLIENT, 7)
    wanted = Wanted(stable.ref, canary)
    predictor.reload_model(stable, wanted)
    model = (await http.get("/api/v1/model")).json()
    assert (model["canary"]["version"], model["canary"]["model"]) == (5, None)
    predictor.reload_model(tried, wanted)
    clients = [f"client-{number}" for number in range(40)]
    batch = {"swipes": [SWIPE, *(SWIPE | {"client_id": client} for client in clients)]}
    answer = (await predict(http, batch)).json()
    versions = [one["version"] for one in answer["predictions"]]
    assert versions == [4, *(5 if canary.takes(client, "") else 4 for client in clients)]
    assert {4, 5} == set(versions)
    words = {one["version"]: one["words"] for one in answer["predictions"]}
    assert words[4] != words[5]
    assert all(one["words"] == words[one["version"]] for one in answer["predictions"])
    assert answer["model"]["version"] == 4
    model = (await http.get("/api/v1/model")).json()
    assert (model["version"], model["pinned"], model["canary"]["share"]) == (4, False, 0.5)
    assert (model["canary"]["by"], model["canary"]["model"]["version"]) == ("CLIENT", 5)
    assert "version 4 and version 5 loaded" in (await http.get("/ready")).json()["checks"]["model"]


async def test_a_swipe_whose_client_and_id_are_known_is_noted_with_its_words(
    predictor: Predictor, pool: BoundedPool, loaded: Published
) -> None:
    noted = list[PredictionServed]()
    ready = Readiness(predictor, caught_up=lambda: True, store_state=lambda: "closed", predictions=str)
    app = create_app(predictor, ready, pool, Keyboard("qwerty-en", 360.0, 216.0), noted.append)
    named = {"client_id": "ann", "swipe_id": "s1"}
    swipes = [
        SWIPE | named,
        SWIPE,
        SWIPE | {"swipe_id": "s2"},
        SWIPE | {"client_id": "ann"},
        GESTURE | {"client_id": "bob"},
        SWIPE | named | {"points": [[18, 33, 0]]},
    ]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://predictor") as http:
        answer = (await predict(http, {"swipes": swipes, "top_k": 2})).json()
    words = [[word["word"] for word in one["words"]] for one in answer["predictions"]]
    assert [(one.client_id, one.swipe_id, one.version) for one in noted] == [
        ("ann", "s1", 4),
        ("bob", "g1", 4),
    ]
    assert [list(one.words) for one in noted] == [words[0], words[4]]
