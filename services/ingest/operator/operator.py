"""What the operator's routes share: who does the work, how a request is read, what an answer may be."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from fedswipe.audit.explain import NoSuchVersion
from fedswipe.errors import FedswipeError, Retryable
from fedswipe.http.body import read_body, read_json
from fedswipe.http.problem import Problem
from fedswipe.modelstore.s3 import S3ModelStore
from fedswipe.topology import Lineage, lineage
from services.ingest.answers import problems
from services.ingest.operator.acts import Acts
from services.ingest.operator.audits import Audits
from services.ingest.operator.desk import Desk
from services.ingest.operator.guard import refuse_strangers
from services.ingest.operator.peers import Peers

T = TypeVar("T")
S = TypeVar("S", bound=BaseModel)
MOST_BYTES = 4_096  # of a body
LINEAGE = "/api/v1/lineages/{model_id}"


@dataclass(frozen=True)
class Operator:
    """What the routes work with; `store` and `audits` are None where ingest was given no object store.

    What only looks has a desk of its own, `reading`: anybody may look, and no act waits for it. `peers`: the
    addresses whose requests are this machine's, besides the loopback interface's.
    """

    acts: Acts
    desk: Desk
    reading: Desk
    store: S3ModelStore | None
    audits: Audits | None
    peers: Peers


async def read_wanted(operator: Operator, request: Request, shape: type[S]) -> S:
    """Read what the operator sends (nothing is an empty object). Raises Problem (400, 403, 413, 422)."""
    refuse_strangers(request, operator.peers)
    content = read_json(await read_body(request, MOST_BYTES) or b"{}")
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "REFUSED", f"{where}: {first['msg']}") from error


async def done(desk: Desk, job: Callable[[], T]) -> T:
    """Have it done and wait. Raises Problem: 409 when it is refused; Retryable passes, as 503."""
    try:
        return await asyncio.wrap_future(desk.submit(job))
    except (Problem, Retryable):
        raise
    except NoSuchVersion as error:
        raise Problem(HTTPStatus.NOT_FOUND, "NO_SUCH_VERSION", str(error)) from error
    except FedswipeError as error:
        raise Problem(HTTPStatus.CONFLICT, "REFUSED", str(error)) from error


def described(shape: type[BaseModel]) -> dict[str, Any]:
    """Describe an act's answers and body for /docs."""
    return {"responses": problems(400, 403, 404, 409, 413, 422, 503), "openapi_extra": body(shape)}


def body(shape: type[BaseModel]) -> dict[str, Any]:
    """Describe a body for /docs: it is read here and not by the framework, which has no bound."""
    required = any(field.is_required() for field in shape.model_fields.values())
    content = {"application/json": {"schema": shape.model_json_schema()}}
    return {"requestBody": {"required": required, "content": content}}


def line_of(model_id: str) -> Lineage:
    """Return the lineage of this name. Raises Problem (404)."""
    try:
        return lineage(model_id)
    except KeyError as error:
        raise Problem(HTTPStatus.NOT_FOUND, "UNKNOWN_MODEL", str(error.args[0])) from error


def needed(part: T | None) -> T:
    """Return what needs an object store. Raises Problem (503) where there is none."""
    if part is None:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "NO_STORE",
            "ingest knows no object store: set FEDSWIPE_S3 and its keys, or use the `fedswipe` command",
        )
    return part
