"""The file that the README sends to the predictor is what its documentation describes, and it is read."""

import json
from pathlib import Path

from services.predictor.requests import Keyboard, read_request
from services.predictor.shapes import Batch, Swipe

EXAMPLE = Path(__file__).parents[3] / "examples" / "predict.json"


def test_the_readmes_example_has_the_documented_shape() -> None:
    batch = Batch.model_validate_json(EXAMPLE.read_text("utf-8"))
    assert [type(swipe) for swipe in batch.swipes] == [Swipe]
    # Unknown fields of a batch are passed over: none of these is one.
    assert set(json.loads(EXAMPLE.read_text("utf-8"))) == set(Batch.model_fields)


def test_the_readmes_example_is_read() -> None:
    request = read_request(EXAMPLE.read_bytes(), Keyboard("qwerty-en", 360.0, 216.0))
    assert (request.swipe_ids, request.top_k) == (["example-swipe-2"], 3)
    (gesture,) = request.gestures
    assert (gesture.width, gesture.height, gesture.points.shape) == (360.0, 216.0, (39, 3))
