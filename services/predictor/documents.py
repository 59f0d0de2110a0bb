"""What /docs says about the routes. The checks themselves are in requests.py and fedswipe.swipe_check."""

from typing import Any

from services.predictor.requests import MOST_SWIPES, MOST_WORDS, WORDS

Json = dict[str, Any]
TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "number"}


def _object(required: str, **properties: Json) -> Json:
    return {"type": "object", "required": required.split(), "properties": properties}


def _list(items: Json, most: int | None = None) -> Json:
    return {"type": "array", "items": items} | ({} if most is None else {"minItems": 1, "maxItems": most})


def _answer(description: str, schema: Json, kind: str = "application/json") -> Json:
    return {"description": description, "content": {kind: {"schema": schema}}}


TOP_K: Json = {"type": "integer", "minimum": 1, "maximum": MOST_WORDS, "default": WORDS}
POINT: Json = _list(NUMBER) | {"minItems": 3, "maxItems": 3, "description": "x, y in pixels, t in ms"}
SWIPE = _object(
    "layout width height points",
    client_id=TEXT, swipe_id=TEXT, layout=TEXT, width=NUMBER, height=NUMBER, points=_list(POINT), top_k=TOP_K,
) | {"title": "A swipe; one point is a tap and means the nearest letters"}  # fmt: skip
COORDS = _object(
    "coords",
    gesture_id=TEXT, coords=_list(_object("x y t", x=NUMBER, y=NUMBER, t=NUMBER)), top_k=TOP_K,
) | {"title": "A swipe, t in seconds; layout and keyboard size as configured"}  # fmt: skip
BATCH = _object("swipes", swipes=_list({"anyOf": [SWIPE, COORDS]}, MOST_SWIPES), top_k=TOP_K) | {
    "title": "A batch"
}
EXAMPLE: Json = {
    "layout": "qwerty-en", "width": 360, "height": 200, "top_k": 3,
    "points": [[198, 85, 0], [140, 60, 90], [90, 30, 180], [150, 40, 260], [325, 85, 380], [306, 30, 520]],
}  # fmt: skip
IDENTITY = _object(
    "id version sha256 link_sha256 loaded_since",
    id=TEXT, version={"type": "integer"}, sha256=TEXT, link_sha256=TEXT, loaded_since=TEXT,
)  # fmt: skip
WORD = _object("word probability", word=TEXT, probability=NUMBER)
PREDICTED = _object(
    "predictions model took_ms",
    predictions=_list(_object("swipe_id words", swipe_id=TEXT, words=_list(WORD))), model=IDENTITY, took_ms=NUMBER,
)  # fmt: skip
FAULT = _object("code field remedy", index={"type": ["integer", "null"]}, code=TEXT, field=TEXT, remedy=TEXT)
PROBLEM = _object("type title status detail code", type=TEXT, title=TEXT, status={"type": "integer"}, detail=TEXT,
                  code=TEXT, errors=_list(FAULT))  # fmt: skip
REFUSAL = _object("version link_sha256 reason attempts final at", version={"type": "integer"}, link_sha256=TEXT,
                  reason=TEXT, attempts={"type": "integer"}, final={"type": "boolean"}, at=TEXT)  # fmt: skip
SERVED: Json = {
    "allOf": [IDENTITY, _object("last_refusal", last_refusal={"anyOf": [REFUSAL, {"type": "null"}]})]
}

NOT_LOADED = _answer("MODEL_NOT_LOADED", PROBLEM, "application/problem+json")
PREDICT: Json = {
    "summary": "Words of one swipe or of a batch",
    "responses": {
        200: _answer("Best word first; the probabilities of a swipe's words add up to 1", PREDICTED),
        413: _answer("BODY_TOO_LARGE", PROBLEM, "application/problem+json"),
        422: _answer("INVALID_SWIPES: each refused swipe's index", PROBLEM, "application/problem+json"),
        503: _answer("MODEL_NOT_LOADED or OVERLOADED", PROBLEM, "application/problem+json"),
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"anyOf": [SWIPE, COORDS, BATCH]}, "example": EXAMPLE}
            },
        }
    },
}
MODEL: Json = {
    "summary": "Which model answers, and why a newer one does not",
    "responses": {200: _answer("The model", SERVED), 503: NOT_LOADED},
}
