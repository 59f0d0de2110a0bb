"""An idempotent producer of events: a send is done when the broker has acknowledged it with acks=all."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, Self, TypeVar

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from fedswipe import codec
from fedswipe.events import Event, Header
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.forgotten_brokers import BrokersForgotten, watched
from fedswipe.kafka.schemas import publish_schemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import Topic

E = TypeVar("E", bound=Event)
log = logging.getLogger(__name__)


class EventProducer:
    """Sends events; thread-safe. Its schemas are acknowledged before the constructor returns.

    A client that has forgotten its brokers is replaced; what it held is told to have failed.
    Raises BrokerUnavailable from the constructor when no broker answers.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer = self._connect()
        publish_schemas(self._producer, settings.request_timeout_ms / 1000)
        self._replacing = threading.Lock()
        self._open = True
        self._acknowledgements = threading.Thread(
            target=self._serve, name="kafka-acknowledgements", daemon=True
        )
        self._acknowledgements.start()

    def send(self, topic: Topic[E], event: E, *, key: str, partition: int) -> "Future[int]":
        """Send one event; the future gives its offset, or BrokerUnavailable."""
        return self.send_bytes(topic.name, codec.encode(event), key=key, partition=partition)

    def send_bytes(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: str | bytes | None,
        partition: int,
        headers: Sequence[Header] = (),
    ) -> "Future[int]":
        """Send an encoded event; the future gives its offset, or BrokerUnavailable."""
        sent: Future[int] = Future()

        def acknowledged(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                sent.set_exception(BrokerUnavailable(f"{topic}: {error.str()}"))
            else:
                sent.set_result(message.offset() or 0)

        try:
            named: Any = [(header.name, header.value) for header in headers]  # its type knows no null
            with self._replacing:
                self._producer.produce(topic, value, key, partition, on_delivery=acknowledged, headers=named)
        except BufferError as error:
            sent.set_exception(BrokerUnavailable(f"{topic}: the send queue is full ({error})"))
        except KafkaException as error:
            sent.set_exception(BrokerUnavailable(f"{topic}: {error}"))
        return sent

    def close(self, timeout: float = 5.0) -> None:
        """Wait for what was sent, at most `timeout` seconds, then stop."""
        try:
            self._producer.flush(timeout)
        finally:
            self._open = False
            self._acknowledgements.join(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self) -> Producer:
        return Producer(watched(self._settings.producer()))

    def _serve(self) -> None:
        while self._open:
            try:
                self._producer.poll(0.2)  # callbacks run inside, the moment they arrive
            except BrokersForgotten as error:
                log.warning("%s; another one takes its place", error)
                self._replace()

    def _replace(self) -> None:
        with self._replacing:
            old, self._producer = self._producer, self._connect()
        old.flush()  # what it still holds is told to have failed, as soon as its time is over
