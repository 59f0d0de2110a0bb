"""What the predictor does not take, and what it says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fedswipe.swipe.search import Decoder
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.topology import LINEAGES
from services.predictor.api import MOST_BYTES, create_app
from services.predictor.bounded_pool import BoundedPool
from services.predictor.handlers import Predictor
from services.predictor.readiness import Readiness
from services.predictor.requests import Keyboard

SWIPE: dict[str, Any] = {
    "layout": "qwerty-en",
    "width": 360,
    "height": 216,
    "points": [[40, 30, 0], [120, 90, 60], [300, 40, 130]],
}


@pytest.fixture(scope="module")
def app(decoder: Decoder) -> Iterator[FastAPI]:
    """One service for all of them: what it refuses leaves nothing behind, and needs no model."""
    predictor = Predictor(
        LINEAGES[0], decoder, InMemoryModelStore(), lambda: datetime.now(UTC), "predictor-1"
    )
    ready = Readiness(predictor, caught_up=lambda: True, store_state=lambda: "closed", predictions=str)
    pool = BoundedPool(threads=1, waiting=0)
    yield create_app(predictor, ready, pool, Keyboard("qwerty-en", 360.0, 216.0), note=lambda _: None)
    pool.close()


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
        (
            {"coords": [{"x": 1, "y": 2, "t": 3}], "context": 7},
            "wrong_type",
            "context",
        ),
    ],
)
async def test_a_bad_swipe_is_refused_with_its_index_code_field_and_remedy(
    http: httpx.AsyncClient, change: dict[str, Any], code: str, field: str
) -> None:
    body = json.dumps({"swipes": [SWIPE, SWIPE | change, SWIPE]})
    answer = await http.post("/api/v1/predict", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "REFUSED")
    (error,) = answer.json()["errors"]
    assert (error["index"], error["code"], error["field"]) == (1, code, field)
    assert error["remedy"]


async def test_every_refused_index_is_listed(http: httpx.AsyncClient) -> None:
    swipes = [SWIPE | {"width": 0}, SWIPE, 7, SWIPE | {"points": []}]
    answer = await http.post("/api/v1/predict", json={"swipes": swipes})
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
async def test_a_bad_body_is_refused(http: httpx.AsyncClient, body: bytes, status: int, code: str) -> None:
    answer = await http.post("/api/v1/predict", content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
