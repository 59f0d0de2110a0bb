"""A transaction outlives a broker's restart, and nothing else is tried twice."""

from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from fedswipe.kafka import transaction
from fedswipe.kafka.consume_loop import Membership
from fedswipe.kafka.errors import BrokerUnavailable, Fenced
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.kafka.transaction import TransactionalProducer

OFFSETS = [TopicPartition("swipes", 0, 7)]


def failure(
    code: int, *, retriable: bool = False, abort: bool = False, fatal: bool = False
) -> KafkaException:
    return KafkaException(KafkaError(code, "planted", fatal, retriable, abort))


AWAY = failure(KafkaError.NOT_COORDINATOR, retriable=True)


class Client:
    """Stands in for the client library's producer: it notes calls, and fails as it was told to."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failures: dict[str, list[KafkaException]] = {}

    def __getattr__(self, name: str) -> Callable[..., None]:
        def call(*_: Any) -> None:
            self.calls.append(name)
            if self.failures.get(name):
                raise self.failures[name].pop(0)

        return call


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client()
    monkeypatch.setattr(transaction, "Producer", lambda _: client)
    monkeypatch.setattr(transaction, "publish_schemas", lambda *_: None)
    return client


def commit(client: Client, **failures: list[KafkaException]) -> list[str]:
    producer = TransactionalProducer(KafkaSettings(), "me")
    client.failures, client.calls = failures, []
    producer.commit([], OFFSETS, Membership(None))
    return client.calls


def test_a_broker_that_is_not_back_yet_is_asked_again(client: Client) -> None:
    calls = commit(client, send_offsets_to_transaction=[AWAY, AWAY], commit_transaction=[AWAY])
    assert calls == [
        "begin_transaction",
        *["send_offsets_to_transaction"] * 3,
        *["commit_transaction"] * 2,
    ]


@pytest.mark.parametrize(
    ("code", "raised"),
    [(KafkaError.ILLEGAL_GENERATION, Fenced), (KafkaError._MSG_TIMED_OUT, BrokerUnavailable)],
)
def test_what_needs_an_abort_is_aborted_and_not_tried_again(
    client: Client, code: int, raised: type[Exception]
) -> None:
    with pytest.raises(raised):
        commit(client, send_offsets_to_transaction=[failure(code, abort=True)], abort_transaction=[AWAY])
    assert client.calls == [
        *["begin_transaction", "send_offsets_to_transaction"],
        *["abort_transaction"] * 2,
    ]


def test_an_outage_that_outlasts_the_patience_before_the_commit_passes_too(client: Client) -> None:
    gone = failure(KafkaError._TRANSPORT)
    with pytest.raises(BrokerUnavailable):
        commit(client, send_offsets_to_transaction=[gone])
    assert client.calls[-1] == "abort_transaction"


def test_an_unknown_outcome_of_the_commit_ends_the_producer(client: Client) -> None:
    with pytest.raises(KafkaException):
        commit(client, commit_transaction=[failure(KafkaError._TIMED_OUT)])
    assert client.calls[-1] == "commit_transaction"


def test_a_fenced_producer_ends_at_once(client: Client) -> None:
    with pytest.raises(KafkaException):
        commit(client, commit_transaction=[failure(KafkaError._FENCED, fatal=True)])
    assert client.calls[-1] == "commit_transaction"
