"""Our partitioner against librdkafka's `murmur2_random`, on a broker."""

import uuid

from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from fedswipe.kafka.partitioning import partition_of
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.stack import Stack

PARTITIONS = 11


def test_every_key_lands_where_we_say(stack: Stack) -> None:
    settings = KafkaSettings(stack.kafka)
    name = f"partitioning-{uuid.uuid4().hex}"
    admin = AdminClient(settings.client())
    admin.create_topics([NewTopic(name, PARTITIONS, 1)])[name].result(30)
    keys = ["a", "ab", "abc", "abcd", "client-7", "é", "ключ", *(uuid.uuid4().hex[:n] for n in range(1, 33))]
    landed: dict[str, int | None] = {}

    def acknowledged(error: object, message: Message) -> None:
        assert error is None
        landed[(message.key() or b"").decode()] = message.partition()

    producer = Producer(settings.producer())
    for key in keys:
        producer.produce(name, b"", key.encode(), on_delivery=acknowledged)
    assert producer.flush(30) == 0
    assert landed == {key: partition_of(key, PARTITIONS) for key in keys}
