"""The producer of a service that comes up before its broker does."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from fedswipe.backoff import Stopped, retry_until_stopped
from fedswipe.events import Event
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.producer import EventProducer
from fedswipe.topology import Topic

E = TypeVar("E", bound=Event)


class Connection:
    """An `EventSink` that connects in the background; until then every send gives BrokerUnavailable.

    `run` belongs in a thread of its own. `connect` is the producer's constructor.
    """

    def __init__(self, connect: Callable[[], EventProducer]) -> None:
        self._connect = connect
        self._producer: EventProducer | None = None
        self._connected = threading.Event()
        self._stopping = threading.Event()

    @property
    def connected(self) -> bool:
        """Tell whether a broker has taken the schemas, so that events may follow."""
        return self._connected.is_set()

    def wait_connected(self, timeout: float) -> bool:
        """Wait until it is connected; tell whether in time (seconds)."""
        return self._connected.wait(timeout)

    def run(self) -> None:
        """Connect, however long it takes, and hold the connection until `stop`."""
        try:
            producer = retry_until_stopped(self._connect, self._stopping)
        except Stopped:
            return
        with producer:
            self._producer = producer
            self._connected.set()
            self._stopping.wait()

    def stop(self) -> None:
        """Make `run` write what was sent and return."""
        self._stopping.set()

    def send(self, topic: Topic[E], event: E, *, key: str, partition: int) -> "Future[int]":
        """Send one event; see `EventSink.send`."""
        if self._producer is not None:
            return self._producer.send(topic, event, key=key, partition=partition)
        refused: Future[int] = Future()
        refused.set_exception(BrokerUnavailable(f"{topic.name}: not connected to Kafka yet"))
        return refused
