"""From a request's body to gestures, or to a list of everything that is wrong with it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fedswipe.http.body import read_json
from fedswipe.http.problem import Problem
from fedswipe.http.reading import Wording, read_each
from fedswipe.http.swipe_shapes import points_of
from fedswipe.swipe.context import word_before
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe_check import InvalidSwipe, check_swipe, recorded
from services.predictor import shapes

WORDING = Wording(undone="none was predicted")
UNNAMED = "unnamed"  # stands in for an id that is not given: nothing is stored


@dataclass(frozen=True)
class Keyboard:
    """The layout that is served, and the size in pixels of a keyboard whose swipes come as `coords`."""

    layout: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PredictRequest:
    """What to predict: gestures, whose they are, their senders' ids for them, and how many words for each.

    before: the word before each, START where a sentence begins, None where the request does not say.
    """

    gestures: list[Gesture]
    client_ids: list[str | None]
    swipe_ids: list[str | None]
    before: list[str | None]
    top_k: int


def read_request(body: bytes, keyboard: Keyboard) -> PredictRequest:
    """Read and check a request. Raises Problem (400, 413, 422) that lists every refused index."""
    content = read_json(body)
    if not isinstance(content, dict):
        raise _unknown_shape()
    top_k = _top_k(content.pop("top_k", shapes.WORDS))
    items = content.get("swipes", [content])
    if not isinstance(items, list):
        raise _unknown_shape()
    if "swipes" in content and "context" in content:  # else it would be passed over in silence
        detail = "context: a batch has none; give each of its swipes its own"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "BAD_CONTEXT", detail)
    swipes = read_each(items, lambda item: _read(item, keyboard), shapes.MOST_SWIPES, WORDING)
    client_ids, swipe_ids, before, gestures = (list(column) for column in zip(*swipes, strict=True))
    return PredictRequest(gestures, client_ids, swipe_ids, before, top_k)


def _read(item: Any, keyboard: Keyboard) -> tuple[str | None, str | None, str | None, Gesture]:
    if isinstance(item, dict):
        _check_context(item.get("context"))
    if isinstance(item, dict) and "coords" in item:
        gesture = shapes.Gesture.model_validate(item)
        names = gesture.client_id, gesture.gesture_id
        return *names, _before(gesture.context), _checked(*names, keyboard, points_of(gesture.coords))
    swipe = shapes.Swipe.model_validate(item)
    if swipe.layout != keyboard.layout:
        raise InvalidSwipe("layout_not_served", "layout", f"this predictor serves {keyboard.layout}")
    typed_on = Keyboard(swipe.layout, swipe.width, swipe.height)
    names = swipe.client_id, swipe.swipe_id
    return *names, _before(swipe.context), _checked(*names, typed_on, swipe.points)


def _check_context(context: object) -> None:
    """Say it in our words: the framework names each member of a union that does not fit."""
    words = [context] if isinstance(context, str) else context
    if words is None:
        return
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise InvalidSwipe(
            "wrong_type", "context", "give the text to the left as a string, or a list of words"
        )
    if len(words) > shapes.MOST_CONTEXT_WORDS or sum(map(len, words)) > shapes.MOST_CONTEXT:
        most = f"{shapes.MOST_CONTEXT} characters and {shapes.MOST_CONTEXT_WORDS} words"
        raise InvalidSwipe("context_too_long", "context", f"give {most} at most; the last ones are enough")


def _before(context: shapes.Context) -> str | None:
    return None if context is None else word_before(context)


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
