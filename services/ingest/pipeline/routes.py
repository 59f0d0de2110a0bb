"""The pipeline's routes: a snapshot, and the snapshots as they change."""

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from services.ingest.answers import problems
from services.ingest.pipeline.board import Board
from services.ingest.pipeline.events import Events, wall_clock_ms
from services.ingest.pipeline.shapes import Pipeline


def add_pipeline_routes(app: FastAPI, board: Board, listeners: int) -> None:
    """Add them; at most so many listeners at a time."""
    events = Events(board, listeners, wall_clock_ms)

    @app.get("/api/v1/pipeline")
    async def pipeline() -> Pipeline:
        """Say how everything stands: topics, windows, models, predictors."""
        return board.snapshot(wall_clock_ms())

    @app.get(
        "/api/v1/pipeline/events",
        response_class=StreamingResponse,
        responses=problems(503) | {200: {"content": {"text/event-stream": {}}}},
    )
    async def pipeline_events() -> StreamingResponse:
        """Send `event: pipeline` with a snapshot now and, four times a second at most, when it changes."""
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(events.stream(), media_type="text/event-stream", headers=headers)
