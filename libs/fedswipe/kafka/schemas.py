"""The compacted schemas topic: producers publish their schemas there, consumers look fingerprints up."""

import logging

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from fastavro.schema import SchemaParseException, UnknownType
from fastavro.types import Schema

from fedswipe import avro_schemas
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import SCHEMAS

# What reading a text as a schema raises when it is none; ValueError covers wrong UTF-8 and JSON.
UNREADABLE = (
    SchemaParseException,
    UnknownType,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
)
log = logging.getLogger(__name__)


def publish_schemas(producer: Producer, timeout: float) -> None:
    """Write this release's newest schemas and wait for their acknowledgement; the topic is compacted.

    Raises BrokerUnavailable when that takes longer than `timeout` seconds.
    """
    failed: list[KafkaError] = []

    def acknowledged(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    for event in avro_schemas.EVENTS:
        text = avro_schemas.versions(event)[-1]
        producer.produce(SCHEMAS.name, text, avro_schemas.fingerprint_of(text), 0, on_delivery=acknowledged)
    if producer.flush(timeout) or failed:
        reason = failed[0].str() if failed else "no answer in time"
        raise BrokerUnavailable(f"{SCHEMAS.name}: schemas could not be published ({reason})")


class PublishedSchemas:
    """The packaged schemas and, for any other fingerprint, what the schemas topic says. One thread's."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._known = dict(avro_schemas.packaged())
        self._consumer: Consumer | None = None

    def schema(self, fingerprint: bytes) -> Schema | None:
        """Read the topic to the end it has now before answering None. Raises BrokerUnavailable."""
        if fingerprint not in self._known:
            self._read_to_end()
        return self._known.get(fingerprint)

    def close(self) -> None:
        """Let go of the consumer, if there was need of one."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def _read_to_end(self) -> None:
        timeout = self._settings.request_timeout_ms / 1000
        partition = TopicPartition(SCHEMAS.name, 0, OFFSET_BEGINNING)
        if self._consumer is None:
            self._consumer = Consumer(
                self._settings.reader("fedswipe.schemas") | {"enable.partition.eof": True}
            )
            self._consumer.assign([partition])
        try:
            _, end = self._consumer.get_watermark_offsets(partition, timeout)
            while (at := max(0, self._consumer.position([partition])[0].offset)) < end:
                message = self._consumer.poll(timeout)
                if message is None:
                    raise BrokerUnavailable(f"{SCHEMAS.name}: read to {at} of {end}, then no answer")
                self._take(message)
        except KafkaException as error:
            self.close()  # it may have forgotten its brokers for good: the next question has a new one
            raise BrokerUnavailable(f"{SCHEMAS.name}: {error}") from error

    def _take(self, message: Message) -> None:
        error, key, value = message.error(), message.key(), message.value()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
        if error is None and key is not None and value is not None:
            self._learn(key, value)

    def _learn(self, fingerprint: bytes, value: bytes) -> None:
        """Take a schema; what is none, or unbounded, or another's, is as if it had not been published."""
        try:
            text = value.decode()
            avro_schemas.check_bounded(text)
            if avro_schemas.fingerprint_of(text) == fingerprint:
                self._known[fingerprint] = avro_schemas.parse(text)
        except UNREADABLE as error:
            log.warning("%s: %s is no schema (%r)", SCHEMAS.name, fingerprint.hex(), error)
