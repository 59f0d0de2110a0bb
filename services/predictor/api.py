"""HTTP routes: thin, they call the predictor. Bodies are parsed and checked beside the event loop too."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from fedswipe.events import ClientId, PredictionServed, SwipeId
from fedswipe.http.body import read_body
from fedswipe.http.document import add_shapes, body_of
from fedswipe.http.probes import add_probes
from fedswipe.http.problem import Problem, answer_with_problems
from fedswipe.serving.state import Canary
from fedswipe.swipe.displays import Displays, show
from services.predictor import shapes
from services.predictor.bounded_pool import BoundedPool
from services.predictor.handlers import ModelNotLoaded, Prediction, Predictor
from services.predictor.readiness import Readiness
from services.predictor.requests import Keyboard, PredictRequest, read_request
from services.predictor.served_model import Identity, Word
from services.predictor.serving import Serving

MOST_BYTES = 2 * 1024 * 1024  # of a body
BODY_SECONDS = 10.0  # until it has arrived: a slow sender keeps a place from others
BODY = body_of("OneSwipe", "OneGesture", "Batch")


def create_app(
    predictor: Predictor,
    ready: Readiness,
    pool: BoundedPool,
    keyboard: Keyboard,
    note: Callable[[PredictionServed], None],
) -> FastAPI:
    """Return the app over these parts; it starts and closes none of them.

    `note` is told every prediction of a swipe whose client and id are known; it must return at once.
    """
    app = FastAPI(title="FedSwipe predictor", summary="Swipes to words, by the newest global model")
    answer_with_problems(app)
    app.add_exception_handler(ModelNotLoaded, _not_loaded)

    @app.post("/api/v1/predict", responses={200: {"model": shapes.Predicted}}, openapi_extra=BODY)
    async def predict(request: Request) -> Response:
        """Return the likeliest words of one swipe or of a batch."""
        started = time.perf_counter()
        with pool.place():
            body = await body_in_time(request)
            content = await pool.run(partial(answer, predictor, keyboard, note, body))
        content["took_ms"] = round((time.perf_counter() - started) * 1000, 3)
        return _json(content)

    @app.get("/api/v1/model", responses={200: {"model": shapes.Serving}})
    async def model() -> Response:
        """Say which models answer whom, and why a wanted one does not."""
        return _json(serving(predictor))

    add_probes(
        app,
        lambda: (ready.ready(), ready.checks()),
        "Say whether requests are answered, 503 if not, and how each part is.",
    )
    add_shapes(app, shapes.OneSwipe, shapes.OneGesture, shapes.Batch)
    return app


def answer(
    predictor: Predictor, keyboard: Keyboard, note: Callable[[PredictionServed], None], body: bytes
) -> dict[str, Any]:
    """Read a request, predict and note it; raises Problem, ModelNotLoaded."""
    request = read_request(body, keyboard)
    predicted = predictor.predict(request.gestures, request.top_k, request.client_ids, request.before)
    for event in noted(request, predicted):
        note(event)
    displays = [predictor.displays if len(one.points) > 1 else {} for one in request.gestures]
    shown = map(with_displays, predicted.words, displays, request.before)
    rows = zip(request.swipe_ids, shown, predicted.identities, strict=True)
    return {
        "predictions": [
            {"swipe_id": swipe_id, "words": words, "version": model.version}
            for swipe_id, words, model in rows
        ],
        "model": about(predicted.identity),
    }


def with_displays(words: Sequence[Word], displays: Displays, before: str | None) -> list[dict[str, Any]]:
    """Say of each word how it is shown behind the word before it."""
    return [
        {"word": one.word, "probability": one.probability, "display": show(one.word, displays, before)}
        for one in words
    ]


def noted(request: PredictRequest, predicted: Prediction) -> Iterator[PredictionServed]:
    """Yield an event for each swipe that can be found again; a tap is no model's prediction."""
    rows = zip(request.client_ids, request.swipe_ids, request.gestures, strict=True)
    for (client_id, swipe_id, gesture), words, model in zip(
        rows, predicted.words, predicted.identities, strict=True
    ):
        if client_id is not None and swipe_id is not None and len(gesture.points) > 1:
            names = ClientId(client_id), SwipeId(swipe_id)
            best = tuple(word.word for word in words)
            yield PredictionServed(*names, model.model_id, model.version, best)


def serving(predictor: Predictor) -> dict[str, Any]:
    """Say what answers whom; raises ModelNotLoaded."""
    now, wanted = predictor.serving(), predictor.wanted
    canary = wanted.canary if wanted else None
    return {
        **about(now.stable.identity),
        "instance": predictor.instance,
        "wanted_version": wanted and wanted.stable.version,
        "pinned": bool(wanted and wanted.pinned),
        "canary": canary and on_trial(canary, now),
        "last_refusal": predictor.last_refusal,
    }


def on_trial(canary: Canary, now: Serving) -> dict[str, Any]:
    """Say who gets the canary, and whether its model is loaded."""
    return {
        "version": canary.link.version,
        "link_sha256": canary.link.sha256,
        "share": canary.share,
        "by": canary.by,
        "model": about(now.trial.model.identity) if now.trial and now.trial.canary == canary else None,
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
