"""Errors as problem details, RFC 9457."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from services.predictor.bounded_pool import Overloaded
from services.predictor.handlers import ModelNotLoaded
from services.predictor.requests import InvalidRequest

RETRY_AFTER = {"Retry-After": "1"}  # seconds


class BodyTooLarge(Exception):
    """The request's body is larger than this service reads."""


def problem(
    status: int, code: str, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """Return a problem document; `code` is stable, for programs."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    return Response(
        orjson.dumps(content | more), status, headers=headers, media_type="application/problem+json"
    )


def answer_problems(app: FastAPI) -> None:
    """Make the app answer the errors of this service."""

    @app.exception_handler(InvalidRequest)
    async def invalid(_: Request, error: InvalidRequest) -> Response:
        detail = f"Nothing was predicted; {len(error.faults)} to mend."
        return problem(422, "INVALID_SWIPES", "Invalid swipes", detail, errors=error.faults)

    @app.exception_handler(BodyTooLarge)
    async def too_large(_: Request, error: BodyTooLarge) -> Response:
        return problem(413, "BODY_TOO_LARGE", "Body too large", str(error))

    @app.exception_handler(ModelNotLoaded)
    async def not_loaded(_: Request, error: ModelNotLoaded) -> Response:
        return problem(503, "MODEL_NOT_LOADED", "No model yet", str(error), RETRY_AFTER)

    @app.exception_handler(Overloaded)
    async def overloaded(_: Request, error: Overloaded) -> Response:
        return problem(503, "OVERLOADED", "Too many requests at once", str(error), RETRY_AFTER)
