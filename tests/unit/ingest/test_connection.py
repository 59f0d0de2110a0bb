import threading
from typing import Any

import pytest

from fedswipe.events import ClientId, TrainingRequested
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.testing.event_log import InMemoryEventLog
from fedswipe.topology import TRAIN_REQUESTS
from services.ingest.connection import Connection

REQUEST = TrainingRequested("r", ClientId("a"), 0, 0)


class FakeProducer(InMemoryEventLog):
    """The twin, with a producer's life around it."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def __enter__(self) -> "FakeProducer":
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


def send(connection: Connection) -> Any:
    return connection.send(TRAIN_REQUESTS, REQUEST, key="a", partition=0).result(5)


def test_it_refuses_until_connected_keeps_trying_and_closes_what_it_opened() -> None:
    producer, attempts = FakeProducer(), 0
    may_connect, tried = threading.Event(), threading.Event()

    def connect() -> FakeProducer:
        nonlocal attempts
        attempts += 1
        tried.set()
        if not may_connect.is_set():
            raise BrokerUnavailable("nobody answers")
        return producer

    connection = Connection(connect)  # type: ignore[arg-type]
    thread = threading.Thread(target=connection.run)
    thread.start()
    assert tried.wait(5)
    assert not connection.connected
    with pytest.raises(BrokerUnavailable, match="not connected"):
        send(connection)
    may_connect.set()
    assert connection.wait_connected(10)
    assert attempts >= 2
    assert send(connection) == 0
    connection.stop()
    thread.join(5)
    assert producer.closed


def test_it_stops_while_it_still_tries() -> None:
    tried = threading.Event()

    def connect() -> FakeProducer:
        tried.set()
        raise BrokerUnavailable("nobody answers")

    connection = Connection(connect)  # type: ignore[arg-type]
    thread = threading.Thread(target=connection.run)
    thread.start()
    assert tried.wait(5)
    connection.stop()
    thread.join(5)
    assert not thread.is_alive()
