"""An operator's hand on one lineage: its chain, its servings, and what may be appended to them."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime

import tenacity

from fedswipe import codec
from fedswipe.chain import Chain
from fedswipe.errors import FedswipeError
from fedswipe.events import GlobalModelPublished, PredictionServed, ServingChanged, SwipeRecorded
from fedswipe.kafka.admin import NEW_LEADER_SECONDS, Admin, NoLeader
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.link_archive import read_links
from fedswipe.kafka.log_range import read_messages, stored_at
from fedswipe.kafka.outcome_reader import read_outcomes
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.serving_reader import ServingReader
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.serving.operator_log import ArchivedLink
from fedswipe.serving.state import Servings
from fedswipe.topology import GLOBAL_MODELS, SERVINGS, Lineage
from fedswipe.worker import Worker

CAUGHT_UP_SECONDS = 60.0


class KafkaOperatorLog:
    """Implements `OperatorLog`; the two readers run in threads of their own."""

    def __init__(
        self,
        settings: KafkaSettings,
        lineage: Lineage,
        chain_reader: ChainReader,
        serving_reader: ServingReader,
    ) -> None:
        self._settings = settings
        self._lineage = lineage
        self._chain_reader = chain_reader
        self._serving_reader = serving_reader
        self._timeout = settings.request_timeout_ms / 1000

    @property
    def chain(self) -> Chain:
        """The chain as far as it has been read."""
        return self._chain_reader.chain

    @property
    def servings(self) -> Servings:
        """The servings as far as they have been read."""
        return self._serving_reader.servings

    def event(self, version: int) -> GlobalModelPublished:
        """Return any version's event; see `ChainLog.event`."""
        return self.archived(version, version)[0].event

    def archived(self, first: int, last: int) -> list[ArchivedLink]:
        """Return the links of these versions, oldest first. Raises BrokerUnavailable."""
        return read_links(self._settings, self._lineage, self.chain.links[first - 1 : last])

    def changed_at(self, offset: int) -> datetime:
        """Return when the broker stored this change; see `OperatorLog.changed_at`."""
        partition = self._lineage.partition
        (message,) = read_messages(self._settings, SERVINGS.name, partition, offset, offset + 1)
        return stored_at(message)

    def outcomes(
        self, since: datetime | None, *, follow: bool
    ) -> Iterator[Sequence[PredictionServed | SwipeRecorded]]:
        """Read predictions and swipes; see `OperatorLog.outcomes`."""
        return read_outcomes(self._settings, since, follow=follow)

    def append_link(self, data: bytes) -> None:
        """Send it and wait until the chain has read past it; see `ChainLog.append_link`."""
        offset = self._send(GLOBAL_MODELS.name, data)
        if not self._chain_reader.wait_past(offset, self._timeout):
            raise BrokerUnavailable(f"{GLOBAL_MODELS.name}: offset {offset} could not be read back")

    def append_change(self, event: ServingChanged) -> int:
        """Send it and wait until the servings have read past it; see `ServingLog.append_change`."""
        offset = self._send(SERVINGS.name, codec.encode(event))
        if not self._serving_reader.wait_past(offset, self._timeout):
            raise BrokerUnavailable(f"{SERVINGS.name}: offset {offset} could not be read back")
        return offset

    def _send(self, topic: str, data: bytes) -> int:
        model, partition = self._lineage.model_id, self._lineage.partition
        with EventProducer(self._settings) as producer:
            return producer.send_bytes(topic, data, key=model, partition=partition).result()


@contextmanager
def open_operator_log(settings: KafkaSettings, lineage: Lineage) -> Iterator[KafkaOperatorLog]:
    """Follow chain and servings, both read to the end they have now, while the context is open.

    Raises BrokerUnavailable when no broker answers, FedswipeError when it takes too long.
    """
    _check(Admin(settings))
    chain_reader = ChainReader(settings, lineage, lambda _: None)
    serving_reader = ServingReader(settings, lineage, chain_reader, lambda _: None)
    with ExitStack() as running:
        for reader in (chain_reader, serving_reader):
            running.enter_context(_running(reader))
        for reader in (chain_reader, serving_reader):
            if not reader.wait_caught_up(CAUGHT_UP_SECONDS):
                raise FedswipeError(f"{lineage.model_id}: not read to its end in {CAUGHT_UP_SECONDS:g} s")
        yield KafkaOperatorLog(settings, lineage, chain_reader, serving_reader)


def _check(admin: Admin) -> None:
    """Raise a clear error now, not from a thread; a broker that has just started is given some time."""
    patiently = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(NoLeader),
        wait=tenacity.wait_random_exponential(multiplier=0.1, max=1),
        stop=tenacity.stop_after_delay(NEW_LEADER_SECONDS),
        reraise=True,
    )
    for topic in (GLOBAL_MODELS, SERVINGS):
        patiently(admin.ends, topic)


@contextmanager
def _running(worker: Worker) -> Iterator[None]:
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(5)
