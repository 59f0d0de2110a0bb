"""From a request's body to events, or to a list of everything that is wrong with it."""

from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from fedswipe.events import SwipeRecorded
from fedswipe.http.body import read_json
from fedswipe.http.problem import Problem
from fedswipe.http.reading import Wording, read_each, refusal, refused
from fedswipe.http.swipe_shapes import points_of
from fedswipe.swipe_check import InvalidSwipe, check_id, recorded
from services.ingest.settings import Settings
from services.ingest.shapes import Gesture, OneClient, Swipe

WORDING = Wording(
    undone="none was stored",
    whole="swipe",
    remedies={
        "missing": "this field is required",
        "extra_forbidden": "there is no such field; leave it out",
        "model_type": "give a JSON object",
    },
)


def read_swipes(body: bytes, settings: Settings) -> list[SwipeRecorded]:
    """Return the swipes of a body. Raises Problem (400, 413, 422) that lists every refused index."""
    content = read_json(body)
    if isinstance(content, dict) and isinstance(content.get("swipes"), list):
        return read_each(content["swipes"], _from_swipe, settings.max_swipes, WORDING)
    if isinstance(content, dict) and "gesture_id" in content:
        return read_each([content], lambda item: _from_gesture(item, settings), 1, WORDING)
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
        client_id = OneClient.model_validate(read_json(body)).client_id
        check_id("client_id", client_id)
    except (ValidationError, InvalidSwipe) as error:
        refusals = [refusal(0, error, WORDING)]
        raise refused(refusals, 'give {"client_id": ...}, or no body for every client') from error
    return client_id


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
        points=points_of(gesture.coords),
    )
