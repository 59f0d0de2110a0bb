"""What happens to one request: swipes are recorded, training is requested, topics are counted."""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from fedswipe.event_log import EventSink, LogEnds
from fedswipe.events import ClientId, DeadLettered, ModelId, SwipeRecorded, TrainingRequested
from fedswipe.kafka.partitioning import partition_of
from fedswipe.telemetry import meter, tracer
from fedswipe.topology import SWIPES, TOPICS, TRAIN_REQUESTS, WEIGHT_DELTAS
from services.ingest.acknowledgement import all_stored, within


@dataclass(frozen=True, slots=True)
class Head:
    """The newest accepted model of a lineage: its version, its link's and its own SHA-256, where it lies."""

    version: int
    link_sha256: str
    model_sha256: str
    model_key: str


Heads = Callable[[], Mapping[ModelId, Head | None]]


@dataclass(frozen=True, slots=True)
class Stats:
    """How long the topics have become since they were made."""

    swipes: int
    deltas: int
    dead_letters: int
    lineages: Mapping[ModelId, Head | None]


class Ingest:
    """The door of the flow. Every method raises BrokerUnavailable after `seconds`, at the latest."""

    def __init__(self, sink: EventSink, ends: LogEnds, heads: Heads, seconds: float) -> None:
        self._sink = sink
        self._ends = ends
        self._heads = heads
        self._seconds = seconds
        self._tracer = tracer("fedswipe.ingest")
        self._recorded = meter("fedswipe.ingest").create_counter("fedswipe.ingest.swipes")

    async def record_swipes(self, swipes: Sequence[SwipeRecorded]) -> None:
        """Return once the broker has acknowledged all of them."""
        with self._tracer.start_as_current_span("record_swipes"):
            async with within(self._seconds):
                await all_stored([self._send(swipe) for swipe in swipes])
        self._recorded.add(len(swipes))

    async def request_training(self, client_id: ClientId | None) -> list[TrainingRequested]:
        """Ask for what lies in the client's partition of the swipes now; None: in each partition."""
        with self._tracer.start_as_current_span("request_training"):
            async with within(self._seconds):
                ends = await asyncio.to_thread(self._ends.ends, SWIPES)
                wanted = ends if client_id is None else [partition_of(client_id, SWIPES.partitions)]
                requests = [
                    TrainingRequested(str(uuid.uuid4()), client_id, partition, ends[partition])
                    for partition in wanted
                ]
                await all_stored([self._ask(request) for request in requests])
        return requests

    async def stats(self) -> Stats:
        """Count by the topics' ends."""
        async with within(self._seconds):
            return await asyncio.to_thread(self._count)

    def _send(self, swipe: SwipeRecorded) -> "Future[int]":
        partition = partition_of(swipe.client_id, SWIPES.partitions)
        return self._sink.send(SWIPES, swipe, key=swipe.client_id, partition=partition)

    def _ask(self, request: TrainingRequested) -> "Future[int]":
        key = request.client_id or request.request_id
        return self._sink.send(TRAIN_REQUESTS, request, key=key, partition=request.swipes_partition)

    def _count(self) -> Stats:
        letters = [topic for topic in TOPICS if topic.event is DeadLettered]
        return Stats(
            swipes=sum(self._ends.ends(SWIPES).values()),
            deltas=sum(self._ends.ends(WEIGHT_DELTAS).values()),
            dead_letters=sum(sum(self._ends.ends(topic).values()) for topic in letters),
            lineages=self._heads(),
        )
