"""Follows a lineage's global models, from whenever there is a broker on."""

import logging
import threading
from collections.abc import Callable

from fedswipe.backoff import Stopped, retry_until_stopped
from fedswipe.chain import Link
from fedswipe.events import GlobalModelPublished
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import Lineage
from services.ingest.handlers import Head

log = logging.getLogger(__name__)
Published = Callable[[Lineage, Link, GlobalModelPublished], None]


class Following:
    """Knows the chain of one lineage and its head; `run` belongs in a thread of its own.

    `published` is told every link, from the first on, in that thread.
    """

    def __init__(
        self, settings: KafkaSettings, lineage: Lineage, published: Published = lambda *_: None
    ) -> None:
        self.lineage = lineage
        self.head: Head | None = None
        self.reader = ChainReader(settings, lineage, self._take, self._accept)
        self._published = published
        self._stopping = threading.Event()

    def run(self) -> None:
        """Follow until `stop`; where no broker answers, try again."""
        try:
            retry_until_stopped(self.reader.run, self._stopping)
        except Stopped:
            return

    def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()
        self.reader.stop()

    def _accept(self, link: Link) -> None:
        self._published(self.lineage, link, self.reader.chain.event(link.version))

    def _take(self, link: Link) -> None:
        model = self.reader.chain.event(link.version).model
        self.head = Head(link.version, link.sha256, model.sha256, model.key)
        log.info("%s: the head is version %d", self.lineage.model_id, link.version)
