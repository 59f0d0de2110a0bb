"""Topics, first positions, schemas: what has to be there before a service starts."""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from fedswipe import avro_schemas, codec
from fedswipe.errors import FedswipeError, InvalidMessage
from fedswipe.events import ClientForgotten
from fedswipe.kafka.admin import Admin, NoLeader
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.ports import HOST, FreePorts
from fedswipe.local.stack import OwnStack
from fedswipe.testing.stacks import own_stack
from fedswipe.testing.until import until
from fedswipe.topology import GROUPS, SCHEMAS, SWIPES, TOPICS, WEIGHT_DELTAS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnStack]:
    with own_stack(tmp_path_factory.mktemp("admin")) as running:
        yield running


@pytest.fixture(scope="module")
def settings(stack: OwnStack) -> KafkaSettings:
    return KafkaSettings(stack.kafka)


def test_another_partition_count_is_refused_before_anything_is_made(settings: KafkaSettings) -> None:
    client = AdminClient(settings.client())
    client.create_topics([NewTopic(SWIPES.name, SWIPES.partitions + 1, 1)])[SWIPES.name].result(30)
    with pytest.raises(FedswipeError, match=f"{SWIPES.name}: has 9 partitions, the topology says 8"):
        Admin(settings).create_topics()
    assert WEIGHT_DELTAS.name not in client.list_topics(timeout=10).topics
    client.delete_topics([SWIPES.name])[SWIPES.name].result(30)
    deadline = time.monotonic() + 30
    while SWIPES.name in client.list_topics(timeout=10).topics:
        assert time.monotonic() < deadline


def test_creating_twice_is_creating_once(settings: KafkaSettings) -> None:
    admin = Admin(settings)
    assert set(admin.create_topics()) == {topic.name for topic in TOPICS} | {SCHEMAS.name}
    assert admin.create_topics() == []
    for group in GROUPS:
        expected = {(topic.name, p): 0 for topic in group.topics for p in range(topic.partitions)}
        assert admin.committed(group) == expected


def test_ends_count_records(settings: KafkaSettings) -> None:
    admin = Admin(settings)
    before = admin.ends(WEIGHT_DELTAS)
    with EventProducer(settings) as producer:
        producer.send_bytes(WEIGHT_DELTAS.name, b"any", key="k", partition=2).result(30)
    assert admin.ends(WEIGHT_DELTAS) == before | {2: before[2] + 1}


def test_ends_count_what_an_open_transaction_wrote_and_its_marker(settings: KafkaSettings) -> None:
    admin = Admin(settings)
    admin.create_topics()
    before = admin.ends(WEIGHT_DELTAS)
    producer = Producer(settings.client() | {"transactional.id": uuid.uuid4().hex})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(WEIGHT_DELTAS.name, b"any", "k", 1)
    assert producer.flush(30) == 0
    assert admin.ends(WEIGHT_DELTAS) == before | {1: before[1] + 1}
    producer.abort_transaction(30)
    marked = before | {1: before[1] + 2}  # the coordinator writes markers a moment later
    until(lambda: admin.ends(WEIGHT_DELTAS) == marked, "the marker is written", 30)


def test_a_new_client_gets_its_first_answer_at_once(settings: KafkaSettings) -> None:
    """The admin client's own call has waited for a timer of 3 s in one of sixty (docs/adr/0037)."""
    slow = 0
    for _ in range(300):
        began = time.monotonic()
        Admin(settings).ends(SWIPES)
        slow += time.monotonic() - began > 2.5
    assert slow == 0


def test_a_topic_that_is_not_there_has_no_leader(settings: KafkaSettings) -> None:
    with pytest.raises(NoLeader, match="Unknown partition"):
        Admin(settings).ends(replace(SWIPES, name=f"never.{uuid.uuid4().hex}"))


def newer_schema() -> str:
    schema = json.loads(avro_schemas.versions(ClientForgotten)[-1])
    schema["fields"].append({"name": f"n{uuid.uuid4().hex}", "type": "string", "default": ""})
    return json.dumps(schema)


def publish(settings: KafkaSettings, key: bytes, value: bytes) -> None:
    producer = Producer(settings.producer())
    producer.produce(SCHEMAS.name, value, key, 0)
    assert producer.flush(30) == 0


def test_a_schema_that_is_published_later_is_found(settings: KafkaSettings) -> None:
    text = newer_schema()
    name = avro_schemas.fingerprint_of(text)
    data = codec.MARKER + name + b"\x02c\x00"
    schemas = PublishedSchemas(settings)
    with pytest.raises(InvalidMessage, match="unknown_schema"):
        codec.decode(ClientForgotten, data, schemas)
    publish(settings, name, text.encode())
    assert codec.decode(ClientForgotten, data, schemas).client_id == "c"
    schemas.close()


@pytest.mark.parametrize(
    "value", [b"\xff", b"{", b"{}", b'"no such type"', b'{"type": "record"}', b"[[[", b"1"]
)
def test_what_is_no_schema_hurts_nobody(settings: KafkaSettings, value: bytes) -> None:
    publish(settings, b"unheard!", value)
    schemas = PublishedSchemas(settings)
    assert schemas.schema(b"unheard!") is None
    schemas.close()


def test_a_schema_under_another_fingerprint_is_not_taken(settings: KafkaSettings) -> None:
    publish(settings, b"another!", newer_schema().encode())
    schemas = PublishedSchemas(settings)
    assert schemas.schema(b"another!") is None
    schemas.close()


def test_producers_publish_every_schema_before_their_first_event(settings: KafkaSettings) -> None:
    with EventProducer(settings):
        pass
    schemas = PublishedSchemas(settings)
    schemas._known.clear()
    written = [avro_schemas.versions(event)[-1] for event in avro_schemas.EVENTS]
    assert all(schemas.schema(avro_schemas.fingerprint_of(text)) for text in written)
    schemas.close()


def test_without_a_broker_it_says_so() -> None:
    nobody = KafkaSettings(f"{HOST}:{FreePorts().take('nobody')}", request_timeout_ms=500)
    with pytest.raises(BrokerUnavailable):
        Admin(nobody).create_topics()
    with pytest.raises(BrokerUnavailable):
        Admin(nobody).ends(SWIPES)
    with pytest.raises(BrokerUnavailable):
        Admin(nobody).committed(GROUPS[0])
    with pytest.raises(BrokerUnavailable):
        EventProducer(nobody)
