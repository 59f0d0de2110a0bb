"""Takes a request's body in, and no more of it than is allowed."""

from http import HTTPStatus
from typing import Any

from fastapi import Request
from pydantic_core import from_json

from fedswipe.http.problem import Problem


async def read_body(request: Request, most: int) -> bytes:
    """Read a body of at most `most` bytes, however it is framed. Raises Problem (413), ClientDisconnect."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise too_large(most)
    return bytes(body)


def too_large(most: int) -> Problem:
    """Return the refusal (413) of a body of more than `most` bytes."""
    detail = f"body: larger than {most:,} bytes; send fewer swipes a request"
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LARGE", detail)


def read_json(body: bytes) -> Any:
    """Return what the body says. Raises Problem (400)."""
    try:
        return from_json(body)
    except ValueError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "NOT_JSON", f"body: {error}; send one JSON object") from error
