"""The operator's routes that change something. What acts is for this machine alone."""

from fastapi import FastAPI, Request

from services.ingest.operator.audit_routes import add_audits
from services.ingest.operator.operator import LINEAGE, Operator, described, done, line_of, needed, read_wanted
from services.ingest.operator.shapes import Acted, CanaryWanted, Nothing, OneVersion


def add_operator_routes(app: FastAPI, operator: Operator) -> None:
    """Add all of the operator's routes."""
    add_acts(app, operator)
    add_audits(app, operator)


def add_acts(app: FastAPI, operator: Operator) -> None:
    """Add what changes something."""
    acts, desk = operator.acts, operator.desk

    @app.post(f"{LINEAGE}/rollback", **described(OneVersion))
    async def rollback(model_id: str, request: Request) -> Acted:
        """Publish an older version's model and optimiser state as the newest version."""
        wanted, line, store = (
            await read_wanted(operator, request, OneVersion),
            line_of(model_id),
            needed(operator.store),
        )
        version = await done(desk, lambda: acts.rollback(line, store, wanted.version))
        return Acted(model_id=model_id, act="rollback", version=version)

    @app.post(f"{LINEAGE}/pin", **described(OneVersion))
    async def pin(model_id: str, request: Request) -> Acted:
        """Have this version served until it is unpinned, whatever is published."""
        wanted, line = await read_wanted(operator, request, OneVersion), line_of(model_id)
        await done(desk, lambda: acts.pin(line, wanted.version))
        return Acted(model_id=model_id, act="pin")

    @app.post(f"{LINEAGE}/unpin", **described(Nothing))
    async def unpin(model_id: str, request: Request) -> Acted:
        """Have the newest version followed again."""
        await read_wanted(operator, request, Nothing)
        line = line_of(model_id)
        await done(desk, lambda: acts.unpin(line))
        return Acted(model_id=model_id, act="unpin")

    @app.post(f"{LINEAGE}/canary", **described(CanaryWanted))
    async def canary(model_id: str, request: Request) -> Acted:
        """Have a version served to a share of the clients."""
        wanted, line = await read_wanted(operator, request, CanaryWanted), line_of(model_id)
        await done(desk, lambda: acts.canary(line, wanted.version, wanted.share))
        return Acted(model_id=model_id, act="canary")

    @app.post(f"{LINEAGE}/canary/promote", **described(Nothing))
    async def promote(model_id: str, request: Request) -> Acted:
        """End the canary well: have the newest version followed, or this one pinned as one was before."""
        await read_wanted(operator, request, Nothing)
        line = line_of(model_id)
        await done(desk, lambda: acts.promote(line))
        return Acted(model_id=model_id, act="promote")

    @app.post(f"{LINEAGE}/canary/abort", **described(Nothing))
    async def abort(model_id: str, request: Request) -> Acted:
        """End the canary and pin the stable version."""
        await read_wanted(operator, request, Nothing)
        line = line_of(model_id)
        await done(desk, lambda: acts.abort(line))
        return Acted(model_id=model_id, act="abort")
