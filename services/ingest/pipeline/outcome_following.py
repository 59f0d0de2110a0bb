"""Judges served predictions by the words that were kept: reads both topics, from some hours ago on."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from fedswipe.backoff import Stopped, retry_until_stopped
from fedswipe.events import ModelId, PredictionServed, SwipeRecorded
from fedswipe.kafka.forgotten_brokers import BrokersForgotten
from fedswipe.topology import LINEAGES
from services.ingest.pipeline.board import Board

Outcomes = Iterator[Sequence[PredictionServed | SwipeRecorded]]
log = logging.getLogger(__name__)


class OutcomeFollowing:
    """Writes outcomes to the board; `run` belongs in a thread of its own.

    `read` follows both topics from a time on. When its client is lost they are read again from that time, and
    what was judged is judged anew, so that nothing counts twice.
    """

    def __init__(self, read: Callable[[datetime], Outcomes], since: datetime, board: Board) -> None:
        self._read = read
        self._since = since
        self._board = board
        self._stopping = threading.Event()

    def run(self) -> None:
        """Follow until `stop`."""
        try:
            while not self._stopping.is_set():
                retry_until_stopped(self._follow, self._stopping)
        except Stopped:
            return

    def stop(self) -> None:
        """Make `run` return, at the latest a second later."""
        self._stopping.set()

    def _follow(self) -> None:
        self._forget()
        batches = self._read(self._since)
        try:
            for events in batches:
                if self._stopping.is_set():
                    return
                self._board.take_outcomes(events)
        except BrokersForgotten as error:
            log.warning("%s; another one takes its place", error)

    def _forget(self) -> None:
        for line in LINEAGES:
            with self._board.lineage(ModelId(line.model_id)) as lineage:
                lineage.forget_outcomes()
