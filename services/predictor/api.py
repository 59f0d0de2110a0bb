"""HTTP routes: thin, they call the predictor. Bodies are parsed and checked beside the event loop too."""

import time
from functools import partial
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from services.predictor.bounded_pool import BoundedPool
from services.predictor.documents import MODEL, PREDICT
from services.predictor.handlers import Predictor
from services.predictor.problems import BodyTooLarge, answer_problems
from services.predictor.readiness import Readiness
from services.predictor.requests import Keyboard, read_request
from services.predictor.served_model import Identity

MOST_BYTES = 2 * 2**20


def create_app(predictor: Predictor, ready: Readiness, pool: BoundedPool, keyboard: Keyboard) -> FastAPI:
    """Return the app over these parts; it starts and closes none of them."""
    app = FastAPI(title="FedSwipe predictor", summary="Swipes to words, by the newest global model")
    answer_problems(app)

    @app.post("/api/v1/predict", **PREDICT)
    async def predict(request: Request) -> Response:
        started = time.perf_counter()
        body = await read_body(request)
        content = await pool.run(partial(answer, predictor, keyboard, body))
        content["took_ms"] = round((time.perf_counter() - started) * 1000, 3)
        return json(content)

    @app.get("/api/v1/model", **MODEL)
    async def model() -> Response:
        return json(about(predictor.served().identity) | {"last_refusal": predictor.last_refusal})

    @app.get("/health")
    async def health() -> Response:
        return json({"status": "healthy"})

    @app.get("/ready")
    async def readiness() -> Response:
        is_ready = ready.ready()
        return json({"ready": is_ready, "checks": ready.checks()}, 200 if is_ready else 503)

    return app


def answer(predictor: Predictor, keyboard: Keyboard, body: bytes) -> dict[str, Any]:
    """Read a request and predict; raises InvalidRequest, ModelNotLoaded."""
    request = read_request(body, keyboard)
    predicted = predictor.predict(request.gestures, request.top_k)
    return {
        "predictions": [
            {"swipe_id": swipe_id, "words": words}
            for swipe_id, words in zip(request.swipe_ids, predicted.words, strict=True)
        ],
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


async def read_body(request: Request) -> bytes:
    """Read at most MOST_BYTES, however the client frames them. Raises BodyTooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BodyTooLarge(f"send at most {MOST_BYTES} bytes a request")
    return bytes(body)


def json(content: Any, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(orjson.dumps(content), status, media_type="application/json")
