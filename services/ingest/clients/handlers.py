"""What happens when a client asks what it gave, or to be forgotten."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from fedswipe.audit.evidence import Evidence
from fedswipe.event_log import EventSink
from fedswipe.events import ClientForgotten, ClientId
from fedswipe.http.problem import Problem
from fedswipe.topology import CLIENTS
from services.ingest.acknowledgement import all_stored, within
from services.ingest.clients.history import History, history_of


class Clients:
    """Forgets within `seconds`, or raises BrokerUnavailable; reads one history at a time."""

    def __init__(self, sink: EventSink, evidence: Evidence, seconds: float, history_seconds: float) -> None:
        self._sink = sink
        self._evidence = evidence
        self._seconds = seconds
        self._history_seconds = history_seconds
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="client-history")

    async def forget(self, client_id: ClientId) -> int:
        """Return the offset of the record that forgets this client, once the broker has acknowledged it."""
        async with within(self._seconds):
            sent = self._sink.send(CLIENTS, ClientForgotten(client_id), key=client_id, partition=0)
            (offset,) = await all_stored([sent])
        return offset

    async def history(self, client_id: ClientId) -> History:
        """Read what a client gave. Raises Problem (503) when that takes too long, waiting included."""
        deadline = time.monotonic() + self._history_seconds

        def check() -> None:
            if time.monotonic() > deadline:
                raise TimeoutError

        def read() -> History:
            check()
            return history_of(client_id, self._evidence, check)

        try:
            async with asyncio.timeout(self._history_seconds):
                return await asyncio.get_running_loop().run_in_executor(self._reader, read)
        except TimeoutError as error:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "TOO_MUCH_TO_READ",
                f"what this client gave was not read within {self._history_seconds:g} s; ask again later, or "
                "raise INGEST_HISTORY_SECONDS",
            ) from error
