import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fedswipe.event_log import EventSink
from fedswipe.events import ClientId, ModelId, PredictionServed, SwipeId, Version
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.partitioning import partition_of
from fedswipe.testing.event_log import InMemoryEventLog
from fedswipe.testing.until import until
from fedswipe.topology import PREDICTIONS
from services.predictor import prediction_log
from services.predictor.prediction_log import PredictionLog


@pytest.fixture(autouse=True)
def _notices_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction_log, "NOTICE_SECONDS", 0.01)


def prediction(number: int, client: str = "ann") -> PredictionServed:
    names = ClientId(client), SwipeId(f"s{number}")
    return PredictionServed(*names, ModelId("swipe-en"), Version(3), ("hello", "help"))


@contextmanager
def connected(log: InMemoryEventLog) -> Iterator[EventSink]:
    yield log


@contextmanager
def running(predictions: PredictionLog) -> Iterator[None]:
    thread = threading.Thread(target=predictions.run)
    thread.start()
    try:
        yield
    finally:
        predictions.stop()
        thread.join(10)
        assert not thread.is_alive()


def test_what_is_offered_is_written_under_its_client() -> None:
    log = InMemoryEventLog()
    predictions = PredictionLog(lambda: connected(log), share=1.0)
    with running(predictions):
        for number in range(50):
            predictions.offer(prediction(number, f"client-{number}"))
    assert sorted(log.events(PREDICTIONS), key=lambda e: int(e.swipe_id[1:])) == [
        prediction(number, f"client-{number}") for number in range(50)
    ]
    for record in log.records(PREDICTIONS):
        assert record.key is not None
        assert record.partition == partition_of(record.key.decode(), PREDICTIONS.partitions)
    assert str(predictions) == "50 written, 0 dropped"


def test_without_room_it_drops_and_counts_and_never_waits() -> None:
    predictions = PredictionLog(lambda: connected(InMemoryEventLog()), share=1.0, waiting=3)
    for number in range(10):
        predictions.offer(prediction(number))
    assert (predictions.written, predictions.dropped) == (0, 7)
    with running(predictions):
        until(lambda: predictions.written == 3)


def test_what_the_broker_does_not_take_is_counted_as_dropped() -> None:
    log = InMemoryEventLog()
    log.available = False
    predictions = PredictionLog(lambda: connected(log), share=1.0)
    with running(predictions):
        predictions.offer(prediction(1))
        until(lambda: predictions.dropped == 1)
        log.available = True
        predictions.offer(prediction(2))
        until(lambda: predictions.written == 1)


def test_a_broker_that_is_away_at_the_start_is_asked_again() -> None:
    log, tries = InMemoryEventLog(), list[int]()

    def connect() -> "contextmanager[EventSink]":  # type: ignore[valid-type]
        tries.append(1)
        if len(tries) < 3:
            raise BrokerUnavailable("away")
        return connected(log)

    predictions = PredictionLog(connect, share=1.0)  # type: ignore[arg-type]
    predictions.offer(prediction(1))
    with running(predictions):
        until(lambda: predictions.written == 1)


def test_a_stop_ends_the_wait_for_a_broker() -> None:
    def connect() -> None:
        raise BrokerUnavailable("away")

    with running(PredictionLog(connect, share=1.0)):  # type: ignore[arg-type]
        pass


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.25, 200, 300), (1.0, 1000, 1000)])
def test_a_share_is_written_always_of_the_same_swipes(share: float, least: int, most: int) -> None:
    logs = [InMemoryEventLog(), InMemoryEventLog()]
    for log in logs:
        predictions = PredictionLog(lambda log=log: connected(log), share)  # type: ignore[misc]
        with running(predictions):
            for number in range(1000):
                predictions.offer(prediction(number))
    first, second = (log.events(PREDICTIONS) for log in logs)
    assert least <= len(first) <= most
    assert first == second
