"""Follows a lineage's partition of the servings and keeps its state. One thread reads, any may ask."""

import logging
from collections.abc import Callable

from fedswipe import codec
from fedswipe.backoff import Stopped, retry_until_stopped
from fedswipe.errors import InvalidMessage
from fedswipe.events import LinkRef, ServingChanged
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.partition_reader import PartitionReader
from fedswipe.kafka.record import Record
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.serving.state import EXPLANATIONS, Servings, ServingState
from fedswipe.topology import GLOBAL_MODELS, SERVINGS, Lineage

log = logging.getLogger(__name__)


class ServingReader:
    """Reads the topic from its beginning and goes on; `run` belongs in a thread of its own.

    `chain_reader` follows the same lineage in another thread: it knows which versions there are. `changed` is
    called with the state once the end that the topic had at the start is reached, then after every batch.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        lineage: Lineage,
        chain_reader: ChainReader,
        changed: Callable[[ServingState], None],
    ) -> None:
        self.servings = Servings(lineage.model_id)
        self.unreadable = 0
        self._settings = settings
        self._lineage = lineage
        self._chain_reader = chain_reader
        self._schemas = PublishedSchemas(settings)
        self._reader = PartitionReader(
            settings,
            SERVINGS,
            lineage.partition,
            take=self._take,
            caught_up=lambda: changed(self.servings.state),
        )

    def run(self) -> None:
        """Follow the topic until `stop`. Raises BrokerUnavailable when no broker answers at the start."""
        try:
            self._reader.run()
        except Stopped:
            return
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

    def _add(self, record: Record) -> None:
        where = f"{record.topic}[{record.partition}] offset {record.offset}"
        try:
            event = codec.decode(ServingChanged, record.value, self._schemas)
        except InvalidMessage as error:
            self.unreadable += 1
            log.warning("%s changes nothing: %s", where, error)
            return
        if (why := self.servings.add(event, record.offset, self._known)) is not None:
            log.warning("%s changes nothing: %s, %s", where, event.change, EXPLANATIONS[why])

    def _known(self, ref: LinkRef) -> bool:
        """Tell whether this is a link, by the chain as of now: it may be behind what an operator has seen."""
        if self._chain_reader.chain.link(ref.version) is None:
            retry_until_stopped(self._catch_chain_up, self._reader.stopping)
        return self._chain_reader.chain.knows(ref)

    def _catch_chain_up(self) -> None:
        end = Admin(self._settings).ends(GLOBAL_MODELS)[self._lineage.partition]
        if not self._chain_reader.wait_past(end - 1, self._settings.request_timeout_ms / 1000):
            raise BrokerUnavailable(f"{GLOBAL_MODELS.name}: not read to {end} yet")
