"""What all evidence promises: the in-memory twin, a real topic, an export, an archive before a topic."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from fedswipe.audit.archive import Archive, put_chunks
from fedswipe.audit.archived import ArchivedEvidence
from fedswipe.audit.bundle import Contents, Span
from fedswipe.audit.evidence import Evidence
from fedswipe.audit.exported import ExportedEvidence
from fedswipe.audit.record_file import write_records
from fedswipe.audit.topics import TopicEvidence
from fedswipe.events import Event
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.stack import Stack
from fedswipe.testing.evidence import InMemoryEvidence
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.topology import LINEAGES, SWIPES, Topic

VALUES = [bytes([number]) * 3 for number in range(6)]
DELETED = 2  # of the first ones
SECONDS = 20.0
LINE = LINEAGES[0]
Subject = tuple[Evidence, Topic[Event], int]  # the evidence, a topic of VALUES, and the first that is there


def twin() -> InMemoryEvidence:
    evidence = InMemoryEvidence()
    for value in VALUES:
        evidence.write(SWIPES, 0, value, b"key")
    return evidence


def topic_subject(stack: Stack) -> Subject:
    settings, topic = KafkaSettings(stack.kafka), replace(SWIPES, name=f"evidence-{uuid.uuid4().hex}")
    Admin(settings).create_topics()
    admin = AdminClient(settings.client())
    admin.create_topics([NewTopic(topic.name, 1, 1)])[topic.name].result(SECONDS)
    with EventProducer(settings) as producer:
        for value in VALUES:
            producer.send_bytes(topic.name, value, key="key", partition=0).result()
    for answer in admin.delete_records([TopicPartition(topic.name, 0, DELETED)]).values():
        answer.result(SECONDS)
    return TopicEvidence(settings), topic, DELETED


def exported_subject(folder: Path) -> Subject:
    source = twin()
    with (folder / "swipes.avro").open("wb") as out:
        write_records(out, source.read_stamped(SWIPES, 0, DELETED, len(VALUES)))
    span = Span(SWIPES.name, 0, DELETED, len(VALUES), "swipes.avro")
    return ExportedEvidence(folder, Contents("swipe-en", 1, None, 1, {"0": 4}, (span,))), SWIPES, DELETED


def archived_subject() -> Subject:
    source, store = twin(), InMemoryModelStore()
    cuts = [0, 2, 4]
    chunks = [
        chunk
        for start, end in pairwise(cuts)
        for chunk in put_chunks(
            store, LINE.model_id, (SWIPES.name, 0), start, end, source.read_stamped(SWIPES, 0, start, end)
        )
    ]
    source.delete_before(SWIPES, 0, 3)
    return ArchivedEvidence(source, store, [Archive(LINE.model_id, 1, 2, tuple(chunks), ())]), SWIPES, 0


@pytest.fixture(params=["twin", "topic", "exported", "archived"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "twin":
        source = twin()
        source.delete_before(SWIPES, 0, DELETED)
        yield source, SWIPES, DELETED
    elif request.param == "topic":
        yield topic_subject(request.getfixturevalue("stack"))
    elif request.param == "exported":
        yield exported_subject(tmp_path)
    else:
        yield archived_subject()


def test_it_says_what_is_kept(subject: Subject) -> None:
    evidence, topic, first = subject
    kept = evidence.kept(topic, 0)
    assert (kept.start, kept.end) == (first, len(VALUES))
    assert [kept.has(offset) for offset in range(7)] == [first <= offset < 6 for offset in range(7)]


@pytest.mark.parametrize(("start", "end"), [(0, 6), (1, 3), (3, 5), (4, 4), (2, 6)])
def test_it_reads_what_is_kept_of_a_stretch_in_order(subject: Subject, start: int, end: int) -> None:
    evidence, topic, first = subject
    wanted = [(offset, VALUES[offset]) for offset in range(max(start, first), end)]
    assert [(one.offset, one.value) for one in evidence.read(topic, 0, start, end)] == wanted
    stamped = list(evidence.read_stamped(topic, 0, start, end))
    assert [(one.record.offset, one.record.value) for one in stamped] == wanted
    assert all(one.record.key == b"key" and one.timestamp >= 0 for one in stamped)


def test_it_knows_the_packaged_schemas(subject: Subject) -> None:
    evidence, _, _ = subject
    assert evidence.schemas.schema(b"none such") is None


def test_only_an_archive_says_that_it_is_one(subject: Subject) -> None:
    evidence, topic, first = subject
    list(evidence.read(topic, 0, 0, 6))
    assert evidence.from_archive == ((f"{topic.name}[0] [0, 3)",) if first == 0 else ())
    assert evidence.swipe_references(0) == ()
