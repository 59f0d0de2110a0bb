"""The four services as child processes, each listening on the loopback interface."""

import sys
from collections.abc import Mapping
from pathlib import Path

from fedswipe.local.leash import Leash
from fedswipe.local.ports import HOST
from fedswipe.local.probes import http_answers
from fedswipe.local.process import ManagedProcess, Program

SERVICES = ("ingest", "trainer", "aggregator", "predictor")


def service_of(part: str) -> str:
    """Return the service that a part runs: `predictor-swipe-ru` is a predictor."""
    return part.partition("-")[0]


def start_service(name: str, port: int, env: Mapping[str, str], log: Path, leash: Leash) -> ManagedProcess:
    """Start `python -m services.<service>.app` with `env` added; ready once GET /ready answers 200."""
    return ManagedProcess(
        Program(
            name=name,
            command=(sys.executable, "-P", "-m", f"services.{service_of(name)}.app"),
            env={**env, "HTTP_HOST": HOST, "HTTP_PORT": str(port), "PYTHONUNBUFFERED": "1"},
            log=log,
            ready=lambda: service_answers(service_url(port)),
        ),
        leash,
    )


def service_url(port: int) -> str:
    """Return the base URL of a service on this machine."""
    return f"http://{HOST}:{port}"


def service_answers(url: str) -> bool:
    """Say whether the service at this base URL is ready."""
    return http_answers(f"{url}/ready")
