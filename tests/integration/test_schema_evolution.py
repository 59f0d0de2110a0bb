"""Two schemas change: producers and consumers of both releases understand each other over a real broker."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest
from confluent_kafka import Producer

from fedswipe import avro_schemas, codec, events
from fedswipe.errors import InvalidMessage
from fedswipe.events import ClientId, SwipeId
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.log_range import read_range
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.testing.stacks import own_stack
from fedswipe.topology import SCHEMAS, SWIPES, TRAIN_REQUESTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
LINE = (10.0, 20.0)


@dataclass(frozen=True, slots=True)
class SwipeRecorded:
    """Version 2: a field was added, with a default."""

    client_id: str
    swipe_id: str
    layout: str
    word: str | None
    width: float
    height: float
    x: tuple[float, ...]
    y: tuple[float, ...]
    t: tuple[float, ...]
    finger: int


@dataclass(frozen=True, slots=True)
class TrainingRequested:
    """Version 2: the optional field `client_id` was removed."""

    request_id: str
    swipes_partition: int
    swipes_end: int


OLD_SWIPE = events.SwipeRecorded(
    *(ClientId("ann"), SwipeId("1"), "qwerty-en", "hello", 360.0, 200.0, LINE, LINE, LINE)
)
NEW_SWIPE = SwipeRecorded("ann", "2", "qwerty-en", "hello", 360.0, 200.0, LINE, LINE, LINE, finger=7)
OLD_REQUEST = events.TrainingRequested("old", ClientId("ann"), 3, 41)
NEW_REQUEST = TrainingRequested("new", 3, 41)


def second_versions() -> dict[str, str]:
    swipe, request = (
        json.loads(avro_schemas.versions(kind)[-1])
        for kind in (events.SwipeRecorded, events.TrainingRequested)
    )
    swipe["fields"].append({"name": "finger", "type": "int", "default": 0})
    request["fields"] = [field for field in request["fields"] if field["name"] != "client_id"]
    return {"SwipeRecorded": json.dumps(swipe), "TrainingRequested": json.dumps(request)}


@contextmanager
def next_release() -> Iterator[None]:
    """Within it the package has a version 2 of both schemas, and writes it."""
    released, added = avro_schemas.versions, second_versions()

    def versions(kind: type) -> tuple[str, ...]:
        found = released(kind)
        return (*found, added[kind.__name__]) if kind.__name__ in added else found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(avro_schemas, "versions", versions)
        forget()
        yield
    forget()


def forget() -> None:
    for remembered in (avro_schemas.newest, avro_schemas.packaged, codec._header):
        remembered.cache_clear()


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    with own_stack(tmp_path_factory.mktemp("evolution")) as stack:
        settings = KafkaSettings(stack.kafka)
        Admin(settings).create_topics()
        yield settings


def send(kafka: KafkaSettings, topic: Any, event: Any) -> int:
    with EventProducer(kafka) as producer:
        return producer.send(topic, event, key="ann", partition=3).result()


def read(kafka: KafkaSettings, topic: Any, offset: int, kind: Any, schemas: PublishedSchemas) -> Any:
    (record,) = read_range(kafka, topic, 3, offset, offset + 1)
    return codec.decode(kind, record.value, schemas)


def test_an_old_consumer_reads_a_new_producer(kafka: KafkaSettings) -> None:
    schemas = PublishedSchemas(kafka)  # it runs already when the next release begins to write
    with next_release():
        fingerprint = codec.encode(cast(Any, NEW_SWIPE))[2:10]
    assert schemas.schema(fingerprint) is None, "nobody has published it yet"
    with next_release():
        swipe, request = send(kafka, SWIPES, NEW_SWIPE), send(kafka, TRAIN_REQUESTS, NEW_REQUEST)
    found = read(kafka, SWIPES, swipe, events.SwipeRecorded, schemas)
    assert (found.swipe_id, found.word, found.x) == ("2", "hello", LINE)
    found = read(kafka, TRAIN_REQUESTS, request, events.TrainingRequested, schemas)
    assert found == events.TrainingRequested("new", None, 3, 41)
    schemas.close()


def test_a_new_consumer_reads_an_old_producer(kafka: KafkaSettings) -> None:
    swipe, request = send(kafka, SWIPES, OLD_SWIPE), send(kafka, TRAIN_REQUESTS, OLD_REQUEST)
    with next_release():
        schemas = PublishedSchemas(kafka)
        found = read(kafka, SWIPES, swipe, SwipeRecorded, schemas)
        assert (found.swipe_id, found.finger) == ("1", 0)
        found = read(kafka, TRAIN_REQUESTS, request, TrainingRequested, schemas)
        assert found == TrainingRequested("old", 3, 41)
        schemas.close()


def test_both_read_themselves_and_what_is_published_nowhere_is_unknown(kafka: KafkaSettings) -> None:
    schemas = PublishedSchemas(kafka)
    old = send(kafka, SWIPES, OLD_SWIPE)
    assert read(kafka, SWIPES, old, events.SwipeRecorded, schemas) == OLD_SWIPE
    with next_release():
        new = send(kafka, SWIPES, NEW_SWIPE)
        assert read(kafka, SWIPES, new, SwipeRecorded, schemas) == NEW_SWIPE
    with pytest.raises(InvalidMessage, match="unknown_schema"):
        codec.decode(events.SwipeRecorded, codec.MARKER + b"unheard!" + bytes(9), schemas)
    schemas.close()


@pytest.mark.parametrize("text", ['{"type":"array","items":"null"}', "[" * 5_000, '"null"'])
def test_a_schema_that_could_exhaust_its_readers_is_as_if_it_had_not_been_published(
    kafka: KafkaSettings, text: str
) -> None:
    fingerprint = avro_schemas.fingerprint_of(text) if text[0] in '{"' else b"too deep"
    producer = Producer(kafka.producer())
    producer.produce(SCHEMAS.name, text, fingerprint, 0)
    assert producer.flush(10) == 0
    schemas = PublishedSchemas(kafka)
    assert schemas.schema(fingerprint) is None
    schemas.close()
