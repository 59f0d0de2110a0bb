"""Follows a lineage's partition of the global models and keeps its chain. One thread reads, any may ask."""

import logging
from collections.abc import Callable

from fedswipe import codec
from fedswipe.chain import Chain, Link
from fedswipe.errors import InvalidMessage
from fedswipe.events import GlobalModelPublished
from fedswipe.kafka.partition_reader import PartitionReader
from fedswipe.kafka.record import Record
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import GLOBAL_MODELS, Lineage

log = logging.getLogger(__name__)


class ChainReader:
    """Reads the topic from its beginning and goes on; `run` belongs in a thread of its own.

    Links are plain records in a topic kept for ever, so their offsets have no gaps. `followed` is called in
    that thread with every new head, but only once the end that the topic had at the start has been reached;
    `accepted` is called with every link, from the first on.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        lineage: Lineage,
        followed: Callable[[Link], None],
        accepted: Callable[[Link], None] = lambda _: None,
    ) -> None:
        self.chain = Chain(lineage.model_id, lineage.partition)
        self.unreadable = 0
        self.fallen = 0
        self._followed = followed
        self._accepted = accepted
        self._told: Link | None = None
        self._schemas = PublishedSchemas(settings)
        self._reader = PartitionReader(
            settings, GLOBAL_MODELS, lineage.partition, take=self._take, caught_up=self._tell
        )

    def run(self) -> None:
        """Follow the topic until `stop`. Raises BrokerUnavailable when no broker answers at the start."""
        try:
            self._reader.run()
        finally:
            self._schemas.close()

    def stop(self) -> None:
        """End `run` soon and wake whoever waits."""
        self._reader.stop()

    def wait_caught_up(self, timeout: float) -> bool:
        """Wait until the end that the topic had at the start is read; tell whether in time (seconds)."""
        return self._reader.wait_caught_up(timeout)

    def wait_past(self, offset: int, timeout: float) -> bool:
        """Wait until the record at this offset has been read; tell whether it was in time (seconds)."""
        return self._reader.wait_past(offset, timeout)

    def _take(self, records: list[Record]) -> None:
        for record in records:
            self._add(record)

    def _tell(self) -> None:
        if (head := self.chain.head) is not None and head is not self._told:
            self._told = head
            self._followed(head)

    def _add(self, record: Record) -> None:
        try:
            fields = codec.decode_record(GlobalModelPublished, record.value, self._schemas)
        except InvalidMessage as error:
            self.unreadable += 1
            log.warning(
                "%s[%d] offset %d is no link: %s", record.topic, record.partition, record.offset, error
            )
            return
        if (link := self.chain.add(record.value or b"", fields, record.offset)) is None:
            self.fallen += 1
        else:
            self._accepted(link)
