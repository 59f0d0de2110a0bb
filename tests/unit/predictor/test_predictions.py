"""What a swipe is answered with."""

import math
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from fedswipe.events import CanaryBy, PredictionServed
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import from_bytes, search_weights
from fedswipe.serving.state import Canary
from fedswipe.swipe.bigrams import STEP
from fedswipe.testing.modelstore import InMemoryModelStore
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
GESTURE: dict[str, Any] = {
    "gesture_id": "g1",
    "coords": [{"x": 40, "y": 30, "t": 5.0}, {"x": 120, "y": 90, "t": 5.06}, {"x": 300, "y": 40, "t": 5.13}],
    "word": None,
}


async def predict(http: httpx.AsyncClient, body: object) -> httpx.Response:
    return await http.post("/api/v1/predict", json=body)


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
