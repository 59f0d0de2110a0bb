"""From a request's body to gestures, or to a list of everything that is wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from fedswipe.problem import Problem
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe_check import InvalidSwipe, check_swipe, recorded
from services.predictor import shapes

CODES = {"missing": "missing_field", "extra_forbidden": "unknown_field"}
UNNAMED = "unnamed"  # stands in for an id that is not given: nothing is stored


@dataclass(frozen=True)
class Keyboard:
    """The layout that is served, and the size in pixels of a keyboard whose swipes come as `coords`."""

    layout: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PredictRequest:
    """What to predict: gestures, their senders' ids for them, and how many words for each."""

    gestures: list[Gesture]
    swipe_ids: list[str | None]
    top_k: int


def read_request(body: bytes, keyboard: Keyboard) -> PredictRequest:
    """Read and check a request. Raises Problem (400, 413, 422) that lists every refused index."""
    try:
        content = from_json(body)
    except ValueError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "NOT_JSON", f"body: {error}; send one JSON object") from error
    if not isinstance(content, dict):
        raise _unknown_shape()
    top_k = _top_k(content.pop("top_k", shapes.WORDS))
    items = content.get("swipes", [content])
    if not isinstance(items, list):
        raise _unknown_shape()
    swipes = _read_each(items, lambda item: _read(item, keyboard))
    return PredictRequest([gesture for _, gesture in swipes], [swipe_id for swipe_id, _ in swipes], top_k)


Read = tuple[str | None, Gesture]


def _read_each(items: list[Any], read: Callable[[Any], Read]) -> list[Read]:
    if not items:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "NO_SWIPES", "swipes: give one or more")
    if len(items) > shapes.MOST_SWIPES:
        detail = f"swipes: {len(items)} are too many; send {shapes.MOST_SWIPES} at most a request"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "TOO_MANY_SWIPES", detail)
    swipes, refusals = [], []
    for index, item in enumerate(items):
        try:
            swipes.append(read(item))
        except (ValidationError, InvalidSwipe) as error:
            refusals.append(_refusal(index, error))
    if refusals:
        detail = f"{len(refusals)} of {len(items)} swipes; none was predicted, mend or leave them out"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "REFUSED", detail, refusals)
    return swipes


def _read(item: Any, keyboard: Keyboard) -> Read:
    if isinstance(item, dict) and "coords" in item:
        gesture = shapes.Gesture.model_validate(item)
        points = [(at.x, at.y, 1000.0 * at.t) for at in gesture.coords]
        return gesture.gesture_id, _checked(None, gesture.gesture_id, keyboard, points)
    swipe = shapes.Swipe.model_validate(item)
    if swipe.layout != keyboard.layout:
        raise InvalidSwipe("layout_not_served", "layout", f"this predictor serves {keyboard.layout}")
    typed_on = Keyboard(swipe.layout, swipe.width, swipe.height)
    return swipe.swipe_id, _checked(swipe.client_id, swipe.swipe_id, typed_on, swipe.points)


def _checked(
    client_id: str | None,
    swipe_id: str | None,
    keyboard: Keyboard,
    points: list[tuple[float, float, float]],
) -> Gesture:
    """Ask what is asked of every swipe of the project, but for the word: a prediction has none."""
    swipe = recorded(
        client_id=UNNAMED if client_id is None else client_id,
        swipe_id=UNNAMED if swipe_id is None else swipe_id,
        layout=keyboard.layout,
        word=None,
        width=keyboard.width,
        height=keyboard.height,
        points=points,
    )
    return check_swipe(swipe)


def _top_k(value: object) -> int:
    if type(value) is int and 1 <= value <= shapes.MOST_WORDS:
        return value
    detail = f"top_k: give a whole number from 1 to {shapes.MOST_WORDS}"
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "BAD_TOP_K", detail)


def _unknown_shape() -> Problem:
    detail = 'body: give {"swipes": [...]}, or one swipe with "points" or "coords"'
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "UNKNOWN_SHAPE", detail)


def _refusal(index: int, error: ValidationError | InvalidSwipe) -> dict[str, Any]:
    if isinstance(error, InvalidSwipe):
        return {"index": index, "code": error.reason, "field": error.field, "remedy": error.remedy}
    first = error.errors(include_url=False, include_input=False)[0]
    code = CODES.get(first["type"], "wrong_type")
    return {"index": index, "code": code, "field": _path(first), "remedy": first["msg"]}


def _path(error: ErrorDetails) -> str:
    """("points", 3, 0) -> "points[3][0]"."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
