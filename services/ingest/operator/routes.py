"""The operator's routes: acts on a lineage, a model's details, its verification."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Path, Request
from pydantic import BaseModel, ValidationError

from fedswipe.audit.explain import NoSuchVersion
from fedswipe.errors import FedswipeError, Retryable
from fedswipe.http.body import read_body, read_json
from fedswipe.http.problem import Problem
from fedswipe.modelstore.s3 import S3ModelStore
from fedswipe.topology import Lineage, lineage
from services.ingest.answers import problems
from services.ingest.operator.acts import Acts
from services.ingest.operator.audits import Audits, Verification
from services.ingest.operator.desk import Desk
from services.ingest.operator.details import details
from services.ingest.operator.guard import refuse_strangers
from services.ingest.operator.peers import Peers
from services.ingest.operator.shapes import (
    Acted,
    CanaryWanted,
    ModelDetails,
    Nothing,
    OneVersion,
    VerificationState,
)

T = TypeVar("T")
S = TypeVar("S", bound=BaseModel)
MOST_BYTES = 4_096  # of a body
LINEAGE = "/api/v1/lineages/{model_id}"
Version = Annotated[int, Path(ge=1)]


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


def add_operator_routes(app: FastAPI, operator: Operator) -> None:
    """Add them. What acts is for this machine alone."""
    add_acts(app, operator)
    add_audits(app, operator)


def add_acts(app: FastAPI, operator: Operator) -> None:
    """Add what changes something."""
    acts, desk = operator.acts, operator.desk

    @app.post(f"{LINEAGE}/rollback", **_described(OneVersion))
    async def rollback(model_id: str, request: Request) -> Acted:
        """Publish an older version's model and optimiser state as the newest version."""
        wanted, line, store = (
            await _read(operator, request, OneVersion),
            _line(model_id),
            _needed(operator.store),
        )
        version = await _done(desk, lambda: acts.rollback(line, store, wanted.version))
        return Acted(model_id=model_id, act="rollback", version=version)

    @app.post(f"{LINEAGE}/pin", **_described(OneVersion))
    async def pin(model_id: str, request: Request) -> Acted:
        """Have this version served until it is unpinned, whatever is published."""
        wanted, line = await _read(operator, request, OneVersion), _line(model_id)
        await _done(desk, lambda: acts.pin(line, wanted.version))
        return Acted(model_id=model_id, act="pin")

    @app.post(f"{LINEAGE}/unpin", **_described(Nothing))
    async def unpin(model_id: str, request: Request) -> Acted:
        """Have the newest version followed again."""
        await _read(operator, request, Nothing)
        line = _line(model_id)
        await _done(desk, lambda: acts.unpin(line))
        return Acted(model_id=model_id, act="unpin")

    @app.post(f"{LINEAGE}/canary", **_described(CanaryWanted))
    async def canary(model_id: str, request: Request) -> Acted:
        """Have a version served to a share of the clients."""
        wanted, line = await _read(operator, request, CanaryWanted), _line(model_id)
        await _done(desk, lambda: acts.canary(line, wanted.version, wanted.share))
        return Acted(model_id=model_id, act="canary")

    @app.post(f"{LINEAGE}/canary/promote", **_described(Nothing))
    async def promote(model_id: str, request: Request) -> Acted:
        """End the canary well: have the newest version followed, or this one pinned as one was before."""
        await _read(operator, request, Nothing)
        line = _line(model_id)
        await _done(desk, lambda: acts.promote(line))
        return Acted(model_id=model_id, act="promote")

    @app.post(f"{LINEAGE}/canary/abort", **_described(Nothing))
    async def abort(model_id: str, request: Request) -> Acted:
        """End the canary and pin the stable version."""
        await _read(operator, request, Nothing)
        line = _line(model_id)
        await _done(desk, lambda: acts.abort(line))
        return Acted(model_id=model_id, act="abort")


def add_audits(app: FastAPI, operator: Operator) -> None:
    """Add what looks at a version."""

    @app.get(f"{LINEAGE}/models/{{version}}", responses=problems(404, 409, 503))
    async def model(model_id: str, version: Version) -> ModelDetails:
        """Say what a version is made of: its link, its deltas, its recipe."""
        line, audits = _line(model_id), _needed(operator.audits)
        found, recipe = await _done(operator.reading, lambda: audits.explain(line, version))
        return details(found, recipe)

    @app.post(
        f"{LINEAGE}/verify/{{version}}",
        status_code=202,
        responses=problems(403, 404, 413, 422, 503),
        openapi_extra=_body(Nothing),
    )
    async def verify(model_id: str, version: Version, request: Request) -> VerificationState:
        """Begin to recompute a version from log and store; ask by GET how far it is."""
        await _read(operator, request, Nothing)
        line, audits = _line(model_id), _needed(operator.audits)
        return _told(model_id, version, audits.start(line, version))

    @app.get(f"{LINEAGE}/verify/{{version}}", responses=problems(404, 503))
    async def verification(model_id: str, version: Version) -> VerificationState:
        """Say how far a verification is, or what it came to."""
        known = _needed(operator.audits).state(_line(model_id), version)
        if known is None:
            raise Problem(HTTPStatus.NOT_FOUND, "NOT_VERIFIED", f"version {version}: POST here verifies it")
        return _told(model_id, version, known)


async def _read(operator: Operator, request: Request, shape: type[S]) -> S:
    """Read what the operator sends (nothing is an empty object). Raises Problem (400, 403, 413, 422)."""
    refuse_strangers(request, operator.peers)
    content = read_json(await read_body(request, MOST_BYTES) or b"{}")
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "REFUSED", f"{where}: {first['msg']}") from error


async def _done(desk: Desk, job: Callable[[], T]) -> T:
    """Have it done and wait. Raises Problem: 409 when it is refused; Retryable passes, as 503."""
    try:
        return await asyncio.wrap_future(desk.submit(job))
    except (Problem, Retryable):
        raise
    except NoSuchVersion as error:
        raise Problem(HTTPStatus.NOT_FOUND, "NO_SUCH_VERSION", str(error)) from error
    except FedswipeError as error:
        raise Problem(HTTPStatus.CONFLICT, "REFUSED", str(error)) from error


def _described(shape: type[BaseModel]) -> dict[str, Any]:
    return {"responses": problems(400, 403, 404, 409, 413, 422, 503), "openapi_extra": _body(shape)}


def _body(shape: type[BaseModel]) -> dict[str, Any]:
    """Describe a body for /docs: it is read here and not by the framework, which has no bound."""
    required = any(field.is_required() for field in shape.model_fields.values())
    content = {"application/json": {"schema": shape.model_json_schema()}}
    return {"requestBody": {"required": required, "content": content}}


def _line(model_id: str) -> Lineage:
    try:
        return lineage(model_id)
    except KeyError as error:
        raise Problem(HTTPStatus.NOT_FOUND, "UNKNOWN_MODEL", str(error.args[0])) from error


def _needed(part: T | None) -> T:
    if part is None:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "NO_STORE",
            "ingest knows no object store: set FEDSWIPE_S3 and its keys, or use the `fedswipe` command",
        )
    return part


def _told(model_id: str, version: int, known: Verification) -> VerificationState:
    return VerificationState(model_id=model_id, version=version, **asdict(known))
