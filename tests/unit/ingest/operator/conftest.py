"""The operator's routes over a lineage in memory."""

import hashlib
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpx
import pytest

from fedswipe import codec
from fedswipe.audit.explain import Explanation, NoSuchVersion
from fedswipe.events import ClosedBy, GlobalModelPublished, ModelId, OffsetRange, Version
from fedswipe.learning.manifest import Manifest
from fedswipe.testing.event_log import InMemoryEventLog
from fedswipe.testing.lineage_log import InMemoryLineageLog
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.testing.operator_log import InMemoryOperatorLog
from fedswipe.topology import LINEAGES, Lineage
from services.ingest.api import create_app
from services.ingest.handlers import Ingest
from services.ingest.operator.acts import Acts
from services.ingest.operator.audits import Verification
from services.ingest.operator.desk import Desk
from services.ingest.operator.operator import Operator
from services.ingest.settings import Settings

LINE = LINEAGES[0]


class FakeAudits:
    """Knows three versions; a verification is over the second time it is asked for."""

    def __init__(self, events: list[GlobalModelPublished]) -> None:
        self._events = events
        self.known: dict[int, Verification] = {}

    def explain(self, line: Lineage, version: int) -> tuple[Explanation, dict[str, Any]]:
        if version > len(self._events):
            raise NoSuchVersion(f"VERSION {version}: there are 1 to {len(self._events)}")
        return Explanation(self._events[version - 1], "ab" * 32, 3, (), ()), {"deltas": 4}

    def state(self, line: Lineage, version: int) -> Verification | None:
        return self.known.get(version)

    def start(self, line: Lineage, version: int) -> Verification:
        return self.known.setdefault(version, Verification())


class World:
    """Ingest in this process, over a lineage of three versions."""

    def __init__(self, *, with_store: bool = True) -> None:
        self.store = InMemoryModelStore()
        lineage_log, events = InMemoryLineageLog(LINE), list[GlobalModelPublished]()
        parent = ""
        for version in (1, 2, 3):
            event = self._event(version, parent)
            data = codec.encode(event)
            lineage_log.links.append(data)
            parent = hashlib.sha256(data).hexdigest()
            events.append(event)
        self.log = InMemoryOperatorLog(lineage_log)
        self.desk, self.reading = Desk(), Desk()
        self.audits = FakeAudits(events)
        store = cast(Any, self.store) if with_store else None
        audits = cast(Any, self.audits) if with_store else None
        operator = Operator(Acts(self._open), self.desk, self.reading, store, audits, frozenset())
        log = InMemoryEventLog()
        app = create_app(Settings(), Ingest(log, log, dict, 1.0), dict, operator=operator)
        self.transport = httpx.ASGITransport(app, client=("127.0.0.1", 5000))

    @contextmanager
    def _open(self, line: Lineage) -> Iterator[InMemoryOperatorLog]:
        assert line is LINE
        yield self.log

    def _event(self, version: int, parent: str) -> GlobalModelPublished:
        model = self.store.put("swipe-en/models", f"model {version}".encode())
        state = self.store.put("swipe-en/optimisers", f"state {version}".encode())
        nothing = self.store.put("swipe-en/manifests", Manifest(()).to_bytes())
        return GlobalModelPublished(
            *(ModelId("swipe-en"), Version(version), parent, (OffsetRange(LINE.partition, 0, 0),)),
            *(model, state, nothing, nothing, 0, 0, 0, ClosedBy.DELTAS, None),
        )

    @contextmanager
    def working(self) -> Iterator[httpx.AsyncClient]:
        """Run the desks; give a client on this machine."""
        desks = (self.desk, self.reading)
        threads = [threading.Thread(target=desk.run, daemon=True) for desk in desks]
        for thread in threads:
            thread.start()
        try:
            yield httpx.AsyncClient(transport=self.transport, base_url="http://127.0.0.1:8000")
        finally:
            for desk, thread in zip(desks, threads, strict=True):
                desk.stop()
                thread.join(5)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def bare_world() -> World:
    return World(with_store=False)


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    with world.working() as client:
        async with client:
            yield client
