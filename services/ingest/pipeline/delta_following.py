"""Shows a lineage's newest deltas: reads them from a little before the head's end on."""

import logging
import threading

import numpy as np
from confluent_kafka import Message

from fedswipe import codec
from fedswipe.backoff import Stopped, retry_until_stopped
from fedswipe.codec import SchemaSource
from fedswipe.errors import InvalidMessage
from fedswipe.events import DeltaComputed
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.kafka.tail_reader import TailReader
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import decode_delta
from fedswipe.swipe.layout import load_layout
from fedswipe.topology import WEIGHT_DELTAS
from services.ingest.following import Following
from services.ingest.pipeline.board import Board
from services.ingest.pipeline.shapes import ShownDelta

WAIT_SECONDS = 0.5  # between two looks at whether the service stops
log = logging.getLogger(__name__)


class DeltaFollowing:
    """Writes the deltas of one lineage to the board; `run` belongs in a thread of its own."""

    def __init__(self, settings: KafkaSettings, following: Following, board: Board) -> None:
        self._settings = settings
        self._following = following
        self._lineage = following.lineage
        self._architecture = Architecture(load_layout(following.lineage.layout))
        self._board = board
        self._schemas = PublishedSchemas(settings)
        self._reader: TailReader | None = None
        self._stopping = threading.Event()

    @property
    def caught_up(self) -> bool:
        """Tell whether the deltas have been read to their end."""
        return self._reader is not None and self._reader.caught_up

    def run(self) -> None:
        """Follow until `stop`, from when the chain is known on."""
        while not self._following.reader.wait_caught_up(WAIT_SECONDS):
            if self._stopping.wait(0):
                return
        with self._board.looking(self._lineage.model_id) as shown:
            start = shown.start_of_latest()
        place = (WEIGHT_DELTAS.name, self._lineage.partition)
        self._reader = TailReader(self._settings, {place: start}, self._take)
        try:
            if not self._stopping.is_set():  # `stop` may have come before there was a reader to stop
                retry_until_stopped(self._reader.run, self._stopping)
        except Stopped:
            return
        finally:
            self._schemas.close()

    def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()
        if self._reader is not None:
            self._reader.stop()

    def _take(self, messages: list[Message]) -> None:
        # All are decoded first: a broker that is away then has them read again, and none was shown yet.
        found = [shown_delta(message, self._schemas, self._architecture) for message in messages]
        with self._board.lineage(self._lineage.model_id) as lineage:
            for delta in found:
                if delta is not None and delta.model_id == self._lineage.model_id:
                    lineage.take_delta(delta)


def shown_delta(message: Message, schemas: SchemaSource, architecture: Architecture) -> ShownDelta | None:
    """Return what is shown of a record, None of what is no delta: it becomes a dead letter."""
    offset = message.offset() or 0
    try:
        delta = codec.decode(DeltaComputed, message.value(), schemas)
    except InvalidMessage as error:
        log.info("offset %d is not shown: %s", offset, error)
        return None
    return ShownDelta(
        delta_id=delta.delta_id,
        client_id=delta.client_id,
        model_id=delta.model_id,
        offset=offset,
        bytes=delta.content.size if delta.content else len(delta.payload or b""),
        norm=_norm(delta, architecture),
        examples=delta.examples,
        base_version=delta.base_version,
        stored_ms=message.timestamp()[1],
    )


def _norm(delta: DeltaComputed, architecture: Architecture) -> float | None:
    """Return the L2 norm; None where the numbers are in the store, or no such model's."""
    if delta.payload is None:
        return None
    try:
        values = decode_delta(delta.payload, delta.codec, architecture.sizes).astype(np.float64)
    except InvalidMessage:
        return None
    norm = float(np.sqrt(np.dot(values, values)))
    return round(norm, 6) if np.isfinite(norm) else None
