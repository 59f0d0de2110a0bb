"""Refusals over HTTP as problem details (RFC 9457), the same shape from every service."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from fedswipe.errors import FedswipeError, Retryable

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1


class Problem(FedswipeError):
    """Ends a request: `code` is stable and in capitals, `errors` says what is wrong where."""

    def __init__(
        self, status: HTTPStatus, code: str, detail: str, errors: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors

    def response(self) -> Response:
        """Return the answer; 503 tells when to come back, 413 that the rest will not be read."""
        content: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            content["errors"] = self.errors
        headers = {}
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = str(RETRY_SECONDS)
        if self.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            headers["Connection"] = "close"
        return Response(orjson.dumps(content), self.status, headers, MEDIA_TYPE)


def answer_with_problems(app: FastAPI) -> None:
    """Make `app` answer Problem, Retryable (503) and its own 404 and 405 as problem details."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Retryable, _away)
    app.add_exception_handler(HTTPException, _http)


async def _problem(_: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise error
    return error.response()


async def _away(_: Request, error: Exception) -> Response:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "UNAVAILABLE", f"{error}; send it again later").response()


async def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    answer = Problem(status, status.name, status.description or status.phrase).response()
    answer.headers.update(error.headers or {})
    return answer
