"""Hands requests for words on to the predictor of their layout, so that a page needs one origin alone."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import Response

from fedswipe.http.body import read_json
from fedswipe.http.problem import Problem
from services.ingest.answers import problems
from services.ingest.body import Room
from services.ingest.settings import LAYOUTS, Settings

PASSED_ON = ("content-type", "retry-after")
SECONDS = httpx.Timeout(5.0, connect=1.0)  # the predictor answers in milliseconds, or is not there
BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


class Predictors:
    """The predictors by the layouts that they serve, at their base URLs. For one event loop."""

    def __init__(
        self, addresses: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._addresses = addresses
        self._http = httpx.AsyncClient(timeout=SECONDS, transport=transport, trust_env=False)

    @property
    def layouts(self) -> frozenset[str]:
        """The layouts that have one."""
        return frozenset(self._addresses)

    async def predict(self, layout: str, body: bytes) -> Response:
        """Return what this layout's predictor answers. Raises Problem: 422 or 503 when there is none."""
        if layout not in LAYOUTS:
            detail = f"layout: {layout!r}; no model learns it; use one of: {', '.join(LAYOUTS)}"
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "UNKNOWN_LAYOUT", detail)
        if layout not in self._addresses:
            raise _away(f"{layout}: ingest knows no predictor for it; name one in INGEST_PREDICTORS")
        try:
            answer = await self._http.post(
                f"{self._addresses[layout]}/api/v1/predict",
                content=body,
                headers={"Content-Type": "application/json"},
            )
        except httpx.TransportError as error:
            raise _away(f"{layout}: its predictor is away ({type(error).__name__}); try again") from error
        headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
        return Response(answer.content, answer.status_code, headers)


def add_prediction_routes(app: FastAPI, settings: Settings, predictors: Predictors, room: Room) -> None:
    """Add the route."""

    @app.post("/api/v1/predict", responses=problems(400, 408, 413, 422, 503), openapi_extra=BODY)
    async def predict(request: Request) -> Response:
        """Ask the predictor of the swipe's layout for words; its own document describes body and answer."""
        async with room.body(request, settings.max_bytes) as body:
            return await predictors.predict(layout_of(read_json(body), settings.gesture_layout), body)


def layout_of(content: Any, default: str) -> str:
    """Return the layout of a request's first swipe; `default` where its shape has none."""
    if isinstance(content, dict) and isinstance(content.get("swipes"), list) and content["swipes"]:
        content = content["swipes"][0]
    layout = content.get("layout", default) if isinstance(content, dict) else default
    return layout if isinstance(layout, str) else default


def _away(detail: str) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "PREDICTOR_AWAY", detail)
