"""HTTP routes: thin, they call the predictor. Bodies are parsed and checked beside the event loop too."""

import asyncio
import time
from functools import partial
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from pydantic import TypeAdapter
from starlette.requests import ClientDisconnect

from fedswipe.http.body import read_body
from fedswipe.http.probes import add_probes
from fedswipe.http.problem import Problem, answer_with_problems
from services.predictor import shapes
from services.predictor.bounded_pool import BoundedPool
from services.predictor.handlers import ModelNotLoaded, Predictor
from services.predictor.readiness import Readiness
from services.predictor.requests import Keyboard, read_request
from services.predictor.served_model import Identity

MOST_BYTES = 2 * 1024 * 1024  # of a body
BODY_SECONDS = 10.0  # until it has arrived: a slow sender keeps a place from others
BODY: TypeAdapter[Any] = TypeAdapter(shapes.OneSwipe | shapes.OneGesture | shapes.Batch)


def create_app(predictor: Predictor, ready: Readiness, pool: BoundedPool, keyboard: Keyboard) -> FastAPI:
    """Return the app over these parts; it starts and closes none of them."""
    app = FastAPI(title="FedSwipe predictor", summary="Swipes to words, by the newest global model")
    answer_with_problems(app)
    app.add_exception_handler(ModelNotLoaded, _not_loaded)

    @app.post("/api/v1/predict", responses={200: {"model": shapes.Predicted}}, openapi_extra=_request_body())
    async def predict(request: Request) -> Response:
        """Return the likeliest words of one swipe or of a batch."""
        started = time.perf_counter()
        with pool.place():
            body = await body_in_time(request)
            content = await pool.run(partial(answer, predictor, keyboard, body))
        content["took_ms"] = round((time.perf_counter() - started) * 1000, 3)
        return _json(content)

    @app.get("/api/v1/model", responses={200: {"model": shapes.Serving}})
    async def model() -> Response:
        """Say which model answers, and why a newer one does not."""
        return _json(about(predictor.served().identity) | {"last_refusal": predictor.last_refusal})

    add_probes(
        app,
        lambda: (ready.ready(), ready.checks()),
        "Say whether requests are answered, 503 if not, and how each part is.",
    )
    return app


def answer(predictor: Predictor, keyboard: Keyboard, body: bytes) -> dict[str, Any]:
    """Read a request and predict; raises Problem, ModelNotLoaded."""
    request = read_request(body, keyboard)
    predicted = predictor.predict(request.gestures, request.top_k)
    pairs = zip(request.swipe_ids, predicted.words, strict=True)
    return {
        "predictions": [{"swipe_id": swipe_id, "words": words} for swipe_id, words in pairs],
        "model": about(predicted.identity),
    }


def about(model: Identity) -> dict[str, Any]:
    """Say which model it is."""
    return {
        "id": model.model_id,
        "version": model.version,
        "sha256": model.sha256,
        "link_sha256": model.link_sha256,
        "loaded_since": model.loaded_since,
    }


async def body_in_time(request: Request) -> bytes:
    """Read a body of at most MOST_BYTES within BODY_SECONDS. Raises Problem (400, 408, 413)."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await read_body(request, MOST_BYTES)
    except ClientDisconnect as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "BODY_CUT_SHORT", "body: ended before its end") from error
    except TimeoutError as error:
        detail = f"body: not here after {BODY_SECONDS:g} s"
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "BODY_TOO_SLOW", detail) from error


def _json(content: Any) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")


async def _not_loaded(_: Request, error: Exception) -> Response:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "MODEL_NOT_LOADED", str(error)).response()


def _request_body() -> dict[str, Any]:
    """Describe the body for /docs: it is read by `read_request` and not by the framework."""
    # References count from the document's root, and this schema brings its definitions along.
    here = "#/paths/~1api~1v1~1predict/post/requestBody/content/application~1json/schema/$defs/{model}"
    schema = BODY.json_schema(ref_template=here)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
