import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from fedswipe.events import ModelId
from fedswipe.testing.event_log import InMemoryEventLog
from fedswipe.testing.evidence import InMemoryEvidence
from services.ingest.api import create_app
from services.ingest.clients.handlers import Clients
from services.ingest.handlers import Head, Ingest
from services.ingest.settings import Settings

EXAMPLES = Path(__file__).parents[3] / "examples"


class Door:
    """The service in this process: its HTTP client, the log behind it, what it needs to be ready."""

    def __init__(self, settings: Settings) -> None:
        self.log = InMemoryEventLog()
        self.checks: dict[str, str] = {"kafka": "ok"}
        self.heads: Mapping[ModelId, Head | None] = {ModelId("swipe-en"): None}
        ingest = Ingest(self.log, self.log, lambda: self.heads, settings.answer_seconds)
        self.evidence = InMemoryEvidence()
        clients = Clients(self.log, self.evidence, settings.answer_seconds, settings.history_seconds)
        self.app = create_app(settings, ingest, lambda: self.checks, clients=clients)
        transport = httpx.ASGITransport(self.app)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://ingest")

    async def until_waiting(self, count: int) -> None:
        """Return once this many events wait for a slow log."""
        async with asyncio.timeout(5):
            while self.log.waiting < count:  # noqa: ASYNC110  (the twin knows no event loop)
                await asyncio.sleep(0)


@pytest.fixture
def settings() -> Settings:
    return Settings(answer_seconds=0.5, history_seconds=0.5, cors_origins=("http://app.example",))


@pytest.fixture
async def door(settings: Settings) -> AsyncIterator[Door]:
    one = Door(settings)
    async with one.http:
        yield one


@pytest.fixture
def swipe() -> dict[str, Any]:
    return json.loads((EXAMPLES / "swipe.json").read_text())["swipes"][0]
