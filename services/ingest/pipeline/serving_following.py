"""Shows what a lineage's predictors shall serve."""

import threading

from fedswipe.backoff import Stopped, retry_until_stopped
from fedswipe.kafka.serving_reader import ServingReader
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.serving.state import ServingState
from services.ingest.following import Following
from services.ingest.pipeline.board import Board


class ServingFollowing:
    """Writes a lineage's serving state to the board; `run` belongs in a thread of its own."""

    def __init__(self, settings: KafkaSettings, following: Following, board: Board) -> None:
        self._model_id = following.lineage.model_id
        self._board = board
        self._reader = ServingReader(settings, following.lineage, following.reader, self._changed)
        self._stopping = threading.Event()

    def run(self) -> None:
        """Follow until `stop`."""
        try:
            retry_until_stopped(self._reader.run, self._stopping)
        except Stopped:
            return

    def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()
        self._reader.stop()

    def _changed(self, state: ServingState) -> None:
        with self._board.lineage(self._model_id) as lineage:
            lineage.serving = state
