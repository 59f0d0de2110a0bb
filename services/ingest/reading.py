"""From a request's body to events, or to a list of everything that is wrong with it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from fedswipe.events import SwipeRecorded
from fedswipe.problem import Problem
from fedswipe.swipe_check import InvalidSwipe, check_id, recorded
from services.ingest.settings import Settings
from services.ingest.shapes import Gesture, OneClient, Swipe

SHAPES = {  # pydantic's types of errors -> our stable code and the remedy
    "missing": ("missing_field", "this field is required"),
    "extra_forbidden": ("unknown_field", "there is no such field; leave it out"),
    "model_type": ("wrong_type", "give a JSON object"),
}


def read_swipes(body: bytes, settings: Settings) -> list[SwipeRecorded]:
    """Return the swipes of a body. Raises Problem (400, 413, 422) that lists every refused index."""
    content = _json(body)
    if isinstance(content, dict) and isinstance(content.get("swipes"), list):
        return _read_each(content["swipes"], _from_swipe, settings.max_swipes)
    if isinstance(content, dict) and "gesture_id" in content:
        return _read_each([content], lambda item: _from_gesture(item, settings), 1)
    raise Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "UNKNOWN_SHAPE",
        'body: give {"swipes": [...]}, or one swipe as {"gesture_id", "coords", "word"}',
    )


def read_client(body: bytes) -> str | None:
    """Return whom to train, None (an empty body) for every client. Raises Problem."""
    if not body.strip():
        return None
    try:
        client_id = OneClient.model_validate(_json(body)).client_id
        check_id("client_id", client_id)
    except (ValidationError, InvalidSwipe) as error:
        _refuse([_refusal(0, error)], 'give {"client_id": ...}, or no body for every client')
    return client_id


def _read_each(items: list[Any], read: Callable[[Any], SwipeRecorded], most: int) -> list[SwipeRecorded]:
    if not items:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "NO_SWIPES", "swipes: give one or more")
    if len(items) > most:
        detail = f"swipes: {len(items)} are too many; send {most} at most a request"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "TOO_MANY_SWIPES", detail)
    swipes, refusals = [], []
    for index, item in enumerate(items):
        try:
            swipes.append(read(item))
        except (ValidationError, InvalidSwipe) as error:
            refusals.append(_refusal(index, error))
    if refusals:
        _refuse(refusals, f"{len(refusals)} of {len(items)} swipes; none was stored, mend or leave them out")
    return swipes


def _from_swipe(item: Any) -> SwipeRecorded:
    swipe = Swipe.model_validate(item)
    return recorded(
        client_id=swipe.client_id,
        swipe_id=swipe.swipe_id,
        layout=swipe.layout,
        word=swipe.word,
        width=swipe.width,
        height=swipe.height,
        points=swipe.points,
    )


def _from_gesture(item: Any, settings: Settings) -> SwipeRecorded:
    gesture = Gesture.model_validate(item)
    return recorded(
        client_id=settings.gesture_client,
        swipe_id=gesture.gesture_id,
        layout=settings.gesture_layout,
        word=gesture.word,
        width=settings.gesture_width,
        height=settings.gesture_height,
        points=[(at.x, at.y, 1000.0 * at.t) for at in gesture.coords],
    )


def _json(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "NOT_JSON", f"body: {error}; send one JSON object") from error


def _refusal(index: int, error: ValidationError | InvalidSwipe) -> dict[str, Any]:
    if isinstance(error, InvalidSwipe):
        return {"index": index, "code": error.reason, "field": error.field, "remedy": error.remedy}
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    code, remedy = SHAPES.get(first["type"], ("wrong_type", first["msg"]))
    return {"index": index, "code": code, "field": _path(first), "remedy": remedy}


def _path(error: ErrorDetails) -> str:
    """("points", 3, 0) -> "points[3][0]"."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    return path.lstrip(".") or "swipe"


def _refuse(refusals: list[dict[str, Any]], detail: str) -> NoReturn:
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "REFUSED", detail, refusals)
