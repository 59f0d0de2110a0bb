"""Ingest's HTTP routes: they read a request, call a handler and describe themselves in /docs."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware

from fedswipe.events import ClientId
from fedswipe.http.document import add_shapes, body_of
from fedswipe.http.probes import add_probes
from fedswipe.http.problem import answer_with_problems
from services.ingest.answers import (
    ProblemDetails,
    Recorded,
    RequestedRange,
    StatsAnswer,
    TrainingAccepted,
    problems,
)
from services.ingest.body import Room
from services.ingest.clients.handlers import Clients
from services.ingest.clients.routes import add_client_routes
from services.ingest.forwarding import Predictors, add_prediction_routes
from services.ingest.handlers import Ingest
from services.ingest.keyboards import add_keyboard_routes
from services.ingest.operator.operator import Operator
from services.ingest.operator.routes import add_operator_routes
from services.ingest.page_routes import add_page_routes
from services.ingest.pipeline.board import Board
from services.ingest.pipeline.routes import add_pipeline_routes
from services.ingest.reading import read_client, read_swipes
from services.ingest.settings import Settings
from services.ingest.shapes import Batch, Gesture, OneClient

Checks = Callable[[], Mapping[str, str]]
SWIPES_BODY = body_of("Batch", "Gesture")
TRAIN_BODY = body_of("OneClient", required=False)


def create_app(
    settings: Settings,
    ingest: Ingest,
    checks: Checks,
    predictors: Predictors | None = None,
    *,
    clients: Clients | None = None,
    board: Board | None = None,
    operator: Operator | None = None,
) -> FastAPI:
    """Return the ASGI app. `checks` says "ok" or what is wrong with each thing needed; it may block.

    `predictors` are who requests for words go to, without them those of the settings. `clients` says what a
    client gave and forgets it, `board` is what the pipeline shows, `operator` acts: without them those routes
    are not there.
    """
    app = FastAPI(title="FedSwipe ingest", version="1", summary="Takes swipes in and stores them in Kafka.")
    room = Room(settings.max_held_bytes)
    predictors = predictors or Predictors(settings.predictor_addresses())
    answer_with_problems(app)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
        )

    @app.post(
        "/api/v1/swipes", status_code=202, responses=problems(400, 413, 422, 503), openapi_extra=SWIPES_BODY
    )
    async def record_swipes(request: Request) -> Recorded:
        """Record a batch of swipes, all or none; answered once the broker has acknowledged every one."""
        async with room.body(request, settings.max_bytes) as body:
            swipes = read_swipes(body, settings)
            await ingest.record_swipes(swipes)
        return Recorded(recorded=len(swipes))

    @app.post(
        "/api/v1/train", status_code=202, responses=problems(400, 413, 422, 503), openapi_extra=TRAIN_BODY
    )
    async def request_training(request: Request) -> TrainingAccepted:
        """Train what has been recorded so far: of one client's partition, or without a body everywhere."""
        async with room.body(request, settings.max_bytes) as body:
            client_id = read_client(body)
            requests = await ingest.request_training(None if client_id is None else ClientId(client_id))
        ranges = [
            RequestedRange(request_id=r.request_id, partition=r.swipes_partition, swipes_end=r.swipes_end)
            for r in requests
        ]
        return TrainingAccepted(requests=ranges)

    @app.get("/api/v1/stats", responses=problems(503))
    async def stats() -> StatsAnswer:
        """Say how long the topics are and what each lineage's newest model is."""
        return StatsAnswer.model_validate(asdict(await ingest.stats()))

    if clients is not None:
        add_client_routes(app, clients)
    if board is not None:
        add_pipeline_routes(app, board, settings.listeners)
    if operator is not None:
        add_operator_routes(app, operator)
    add_keyboard_routes(app, settings, predictors.layouts)
    add_prediction_routes(app, settings, predictors, room)
    add_page_routes(app)

    def probe() -> tuple[bool, Mapping[str, str]]:
        found = checks()
        return all(state == "ok" for state in found.values()), found

    add_probes(app, probe, "Say whether swipes can be recorded now.")
    add_shapes(app, Batch, Gesture, OneClient, ProblemDetails)
    return app
