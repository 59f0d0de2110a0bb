"""The operator's routes that look at a version: what it is made of, and whether it can be proven."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Path, Request

from fedswipe.http.problem import Problem
from services.ingest.answers import problems
from services.ingest.operator.audits import Verification
from services.ingest.operator.details import details
from services.ingest.operator.operator import LINEAGE, Operator, body, done, line_of, needed, read_wanted
from services.ingest.operator.shapes import ModelDetails, Nothing, VerificationState

Version = Annotated[int, Path(ge=1)]


def add_audits(app: FastAPI, operator: Operator) -> None:
    """Add what looks at a version."""

    @app.get(f"{LINEAGE}/models/{{version}}", responses=problems(404, 409, 503))
    async def model(model_id: str, version: Version) -> ModelDetails:
        """Say what a version is made of: its link, its deltas, its recipe."""
        line, audits = line_of(model_id), needed(operator.audits)
        found, recipe = await done(operator.reading, lambda: audits.explain(line, version))
        return details(found, recipe)

    @app.post(
        f"{LINEAGE}/verify/{{version}}",
        status_code=202,
        responses=problems(403, 404, 413, 422, 503),
        openapi_extra=body(Nothing),
    )
    async def verify(model_id: str, version: Version, request: Request) -> VerificationState:
        """Begin to recompute a version from log and store; ask by GET how far it is."""
        await read_wanted(operator, request, Nothing)
        line, audits = line_of(model_id), needed(operator.audits)
        return _told(model_id, version, audits.start(line, version))

    @app.get(f"{LINEAGE}/verify/{{version}}", responses=problems(404, 503))
    async def verification(model_id: str, version: Version) -> VerificationState:
        """Say how far a verification is, or what it came to."""
        known = needed(operator.audits).state(line_of(model_id), version)
        if known is None:
            raise Problem(HTTPStatus.NOT_FOUND, "NOT_VERIFIED", f"version {version}: POST here verifies it")
        return _told(model_id, version, known)


def _told(model_id: str, version: int, known: Verification) -> VerificationState:
    return VerificationState(model_id=model_id, version=version, **asdict(known))
