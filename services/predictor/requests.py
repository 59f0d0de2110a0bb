"""Reads the body of POST /api/v1/predict: one swipe or a batch, all of it valid or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fedswipe.errors import FedswipeError
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe_check import InvalidSwipe, check_swipe, recorded

MOST_SWIPES = 100
MOST_WORDS, WORDS = 20, 5  # of top_k: the largest and the default
UNNAMED = "unnamed"  # stands in for an id that was not given: nothing is stored


@dataclass(frozen=True)
class Keyboard:
    """The layout that is served, and the size in pixels of a keyboard that a swipe says nothing about."""

    layout: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PredictRequest:
    """What to predict: gestures, their senders' ids for them, and how many words for each."""

    gestures: list[Gesture]
    swipe_ids: list[str | None]
    top_k: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one swipe (or, with index None, with the whole request) and how to mend it."""

    index: int | None
    code: str
    field: str
    remedy: str


class InvalidRequest(FedswipeError):
    """Nothing was predicted: every fault of the request."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.remedy}" for fault in faults))
        self.faults = faults


def read_request(body: bytes, keyboard: Keyboard) -> PredictRequest:
    """Read and check a request. Raises InvalidRequest that lists every fault."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest([Fault(None, "not_json", "body", f"send JSON ({error})")]) from error
    if not isinstance(content, dict):
        raise InvalidRequest([Fault(None, "not_an_object", "body", "send one swipe or {swipes: [...]}")])
    top_k, swipes = _top_k(content.get("top_k", WORDS)), _swipes(content)
    faults: list[Fault] = []
    gestures: list[Gesture] = []
    for index, swipe in enumerate(swipes):
        try:
            gestures.append(_gesture(swipe, keyboard))
        except InvalidSwipe as error:
            faults.append(Fault(index, error.reason, error.field, error.remedy))
    if faults:
        raise InvalidRequest(faults)
    return PredictRequest(gestures, [_id(swipe) for swipe in swipes], top_k)


def _top_k(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_WORDS:
        remedy = f"give a whole number from 1 to {MOST_WORDS}"
        raise InvalidRequest([Fault(None, "bad_top_k", "top_k", remedy)])
    return value


def _swipes(content: dict[str, Any]) -> list[Any]:
    if "swipes" not in content:
        return [content]
    swipes = content["swipes"]
    if not isinstance(swipes, list) or not 1 <= len(swipes) <= MOST_SWIPES:
        remedy = f"give a list of 1 to {MOST_SWIPES} swipes"
        raise InvalidRequest([Fault(None, "bad_batch", "swipes", remedy)])
    return swipes


def _gesture(swipe: object, keyboard: Keyboard) -> Gesture:
    if not isinstance(swipe, dict):
        raise InvalidSwipe("not_an_object", "swipe", "give an object with layout, width, height and points")
    given = _from_coords(swipe, keyboard) if "coords" in swipe else swipe
    layout = _text(given, "layout")
    if layout != keyboard.layout:
        raise InvalidSwipe("layout_not_served", "layout", f"this predictor serves {keyboard.layout}")
    return check_swipe(
        recorded(
            client_id=_text(given, "client_id", UNNAMED),
            swipe_id=_text(given, "swipe_id", UNNAMED),
            layout=layout,
            word=None,  # a prediction does not depend on what was meant
            width=_number(given, "width"),
            height=_number(given, "height"),
            points=given.get("points", []),
        )
    )


def _from_coords(swipe: dict[str, Any], keyboard: Keyboard) -> dict[str, Any]:
    """Turn {gesture_id, coords: [{x, y, t in seconds}]} into the other shape."""
    try:
        points = [[point["x"], point["y"], point["t"] * 1000.0] for point in swipe["coords"]]
    except (TypeError, KeyError) as error:
        raise InvalidSwipe("bad_points", "coords", "give a list of {x, y, t}, t in seconds") from error
    size = {"layout": keyboard.layout, "width": keyboard.width, "height": keyboard.height}
    return size | {"points": points, "swipe_id": swipe.get("gesture_id")}


def _text(swipe: dict[str, Any], field: str, absent: str | None = None) -> str:
    value = swipe.get(field)
    value = absent if value is None else value
    if not isinstance(value, str):
        raise InvalidSwipe(f"bad_{field}", field, "give a text")
    return value


def _number(swipe: dict[str, Any], field: str) -> float:
    value = swipe.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidSwipe("bad_keyboard_size", field, "give the keyboard's size in pixels, a number")
    return float(value)


def _id(swipe: dict[str, Any]) -> str | None:
    value = swipe.get("gesture_id" if "coords" in swipe else "swipe_id")
    return value if isinstance(value, str) else None
