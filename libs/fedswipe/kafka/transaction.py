"""One transaction for what belongs together: events and the offsets they came from (KIP-98, KIP-447)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

import tenacity
from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from fedswipe import codec
from fedswipe.events import Event
from fedswipe.kafka.consume_loop import Membership
from fedswipe.kafka.errors import BrokerUnavailable, Fenced
from fedswipe.kafka.schemas import publish_schemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import Topic

# An open transaction holds back every reader of what it wrote, so it may not stay open for long.
TRANSACTION_TIMEOUT_MS = 10_000
LEFT_BEHIND = (  # of the group, after a rebalance that we have not seen yet
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way: what, where to, and under which key."""

    topic: Topic[Event]
    event: Event
    key: bytes | None
    partition: int


class TransactionalProducer:
    """Writes events and consumed offsets together or not at all. One thread's.

    The constructor raises BrokerUnavailable; it also aborts what a dead holder of the same
    `transactional_id` left open.
    """

    def __init__(self, settings: KafkaSettings, transactional_id: str) -> None:
        publisher = Producer(settings.producer())
        publish_schemas(publisher, settings.request_timeout_ms / 1000)
        limits = {"transaction.timeout.ms": TRANSACTION_TIMEOUT_MS, "transactional.id": transactional_id}
        self._producer = Producer(settings.producer() | limits)
        self._timeout = TRANSACTION_TIMEOUT_MS / 1000
        self._patiently = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passes),
            wait=tenacity.wait_random_exponential(multiplier=0.05, max=0.5),
            stop=tenacity.stop_after_delay(self._timeout),
            reraise=True,
        )
        try:
            self._producer.init_transactions(self._timeout)
        except KafkaException as error:
            raise BrokerUnavailable(f"{transactional_id}: {error}") from error

    def commit(
        self, events: Iterable[Outgoing], offsets: list[TopicPartition], membership: Membership
    ) -> None:
        """Write all of it in one short transaction. A broker that is starting again is asked again meanwhile.

        Raises Fenced when the group has given our partitions away, BrokerUnavailable when the outcome is
        "not committed" for another passing reason; whoever calls drops its range and reads again from the
        committed offsets. Raises KafkaException when this producer can never work again.
        """
        try:
            self._producer.begin_transaction()
            for out in events:
                self._produce(out)
            send = self._producer.send_offsets_to_transaction
            self._patiently(send, offsets, membership.metadata, self._timeout)
        except KafkaException as error:
            self._give_up(error)
        try:
            self._patiently(self._producer.commit_transaction, self._timeout)
        except KafkaException as error:
            if not error.args[0].txn_requires_abort():
                raise  # whether it was committed is settled when the id comes back, at the next start
            self._give_up(error)

    def _produce(self, out: Outgoing) -> None:
        value = codec.encode(out.event)
        while True:
            try:
                self._producer.produce(out.topic.name, value, out.key, out.partition)
            except BufferError:
                self._producer.poll(self._timeout)  # returns as soon as one of the sent ones is acknowledged
            else:
                return

    def _give_up(self, error: KafkaException) -> NoReturn:
        cause = error.args[0]
        if cause.fatal():
            raise error
        self._patiently(self._producer.abort_transaction, self._timeout)
        if cause.code() in LEFT_BEHIND:
            raise Fenced(f"transaction: {cause.str()}") from error
        raise BrokerUnavailable(f"transaction: {cause.str()}") from error


def _passes(error: BaseException) -> bool:
    """Tell whether the client library allows the same call again: the broker was away, no more."""
    return isinstance(error, KafkaException) and error.args[0].retriable()
