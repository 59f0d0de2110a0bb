"""/health and /ready, the same answers from every service."""

from collections.abc import Callable, Mapping

from fastapi import FastAPI, Response
from pydantic import BaseModel


class HealthAnswer(BaseModel):
    """The process lives."""

    status: str = "healthy"


class ReadyAnswer(BaseModel):
    """Whether this service can do its work now, and what each check says ("ok", or the reason)."""

    ready: bool
    checks: dict[str, str]


Probe = Callable[[], tuple[bool, Mapping[str, str]]]


def add_probes(app: FastAPI, probe: Probe, able: str) -> None:
    """Add the routes. `probe` tells whether the service is ready and how each part is; it may block.

    able: what /ready tells, for /docs.
    """

    @app.get("/health")
    async def health() -> HealthAnswer:
        """Say that the process lives."""
        return HealthAnswer()

    @app.get("/ready", responses={503: {"model": ReadyAnswer}}, description=able)
    def ready(response: Response) -> ReadyAnswer:
        fine, checks = probe()
        response.status_code = 200 if fine else 503
        return ReadyAnswer(ready=fine, checks=dict(checks))
