"""Follows a lineage's global models, from whenever there is a broker on."""

import logging
import threading

from fedswipe.backoff import Stopped, retry_until_stopped
from fedswipe.chain import Link
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import Lineage
from services.ingest.handlers import Head

log = logging.getLogger(__name__)


class Following:
    """Knows the head of one lineage; `run` belongs in a thread of its own."""

    def __init__(self, settings: KafkaSettings, lineage: Lineage) -> None:
        self.lineage = lineage
        self.head: Head | None = None
        self._settings = settings
        self._stopping = threading.Event()
        self._reader: ChainReader | None = None

    def run(self) -> None:
        """Follow until `stop`; where no broker answers, start again from the beginning."""
        try:
            retry_until_stopped(self._follow, self._stopping)
        except Stopped:
            return

    def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()
        if self._reader is not None:
            self._reader.stop()

    def _follow(self) -> None:
        self._reader = reader = ChainReader(self._settings, self.lineage, self._take)
        if not self._stopping.is_set():  # `stop` may have come before there was a reader to stop
            reader.run()

    def _take(self, link: Link) -> None:
        assert self._reader is not None  # noqa: S101  (it is who calls)
        model = self._reader.chain.event(link.version).model
        self.head = Head(link.version, link.sha256, model.sha256, model.key)
        log.info("%s: the head is version %d", self.lineage.model_id, link.version)
