"""The ingest service as a process, before a real broker that is stopped and started."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer, TopicPartition

from fedswipe import codec
from fedswipe.client import SwipeClient
from fedswipe.events import (
    ClosedBy,
    GlobalModelPublished,
    ObjectRef,
    OffsetRange,
    Sha256,
    SwipeRecorded,
    TrainingRequested,
    Version,
)
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.ports import FreePorts
from fedswipe.local.stack import OwnStack
from fedswipe.testing import stacks
from fedswipe.testing.until import until
from fedswipe.topology import GLOBAL_MODELS, LINEAGES, SWIPES, TRAIN_REQUESTS, Topic

ROOT = Path(__file__).parents[2]
SWIPES_PATH = "/api/v1/swipes"


class Service:
    """A running ingest process and an HTTP client for it."""

    def __init__(self, kafka: str, log: Path) -> None:
        port = FreePorts().take("ingest")
        environ = {**os.environ, "FEDSWIPE_KAFKA": kafka, "HTTP_PORT": str(port)}
        command = [sys.executable, "-m", "services.ingest.app"]
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)

    def status(self, path: str) -> int:
        try:
            return self.http.get(path).status_code
        except httpx.TransportError:
            assert self.process.poll() is None, self.log.read_text()
            return 0

    def post(self, *swipes: dict[str, Any]) -> httpx.Response:
        return self.http.post(SWIPES_PATH, json={"swipes": swipes})

    def stop(self) -> int:
        self.http.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(10)
        finally:
            self.process.kill()


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnStack]:
    with stacks.own_stack(tmp_path_factory.mktemp("ingest-stack")) as running:
        Admin(KafkaSettings(running.kafka)).create_topics()
        yield running


@pytest.fixture(scope="module")
def service(own_stack: OwnStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(own_stack.kafka, tmp_path_factory.mktemp("ingest") / "log")
    try:
        until(lambda: running.status("/ready") == 200)
        yield running
    finally:
        assert running.stop() == 0, running.log.read_text()


@pytest.fixture
def swipe() -> dict[str, Any]:
    example = json.loads((ROOT / "examples" / "swipe.json").read_text())["swipes"][0]
    return example | {"client_id": os.urandom(4).hex()}


def events(kafka: str, topic: Topic[Any]) -> list[Any]:
    """Everything that stands in a topic now."""
    settings = KafkaSettings(kafka)
    ends = Admin(settings).ends(topic)
    consumer = Consumer(settings.reader("test-ingest"))
    try:
        consumer.assign([TopicPartition(topic.name, partition, 0) for partition in ends])
        messages: list[Any] = []
        while (missing := sum(ends.values()) - len(messages)) > 0:
            batch = consumer.consume(missing, 10)
            assert batch, "the topic ended early"
            messages += batch
    finally:
        consumer.close()
    return [codec.decode(topic.event, message.value(), codec.PackagedSchemas()) for message in messages]


def stored(kafka: str, client_id: str) -> list[SwipeRecorded]:
    return [event for event in events(kafka, SWIPES) if event.client_id == client_id]


def test_202_means_that_a_reader_finds_every_swipe(
    service: Service, own_stack: OwnStack, swipe: dict[str, Any]
) -> None:
    batch = [swipe | {"swipe_id": f"s{i}"} for i in range(120)]
    answer = service.post(*batch)
    assert (answer.status_code, answer.json()) == (202, {"recorded": 120})
    assert [event.swipe_id for event in stored(own_stack.kafka, swipe["client_id"])] == [
        one["swipe_id"] for one in batch
    ]


def test_one_bad_swipe_refuses_the_batch_and_nothing_is_stored(
    service: Service, own_stack: OwnStack, swipe: dict[str, Any]
) -> None:
    answer = service.post(swipe, swipe | {"word": "Zürich"}, swipe)
    assert answer.status_code == 422
    assert [(error["index"], error["code"]) for error in answer.json()["errors"]] == [
        (1, "word_outside_alphabet")
    ]
    assert stored(own_stack.kafka, swipe["client_id"]) == []


def test_a_retry_stores_the_swipe_again_under_its_id(
    service: Service, own_stack: OwnStack, swipe: dict[str, Any]
) -> None:
    assert [service.post(swipe).status_code for _ in range(2)] == [202, 202]
    assert [event.swipe_id for event in stored(own_stack.kafka, swipe["client_id"])] == [
        swipe["swipe_id"]
    ] * 2


def test_a_train_request_names_the_end_that_ingest_saw(
    service: Service, own_stack: OwnStack, swipe: dict[str, Any]
) -> None:
    service.post(swipe)
    ends = Admin(KafkaSettings(own_stack.kafka)).ends(SWIPES)
    assert service.http.post("/api/v1/train").status_code == 202
    found: list[TrainingRequested] = events(own_stack.kafka, TRAIN_REQUESTS)
    assert {one.swipes_partition: one.swipes_end for one in found} == ends
    counted = service.http.get("/api/v1/stats").json()
    assert counted["swipes"] == sum(ends.values())


def test_a_body_that_is_too_large_is_refused_over_the_wire(service: Service) -> None:
    answer = service.http.post(SWIPES_PATH, content=b" " * (2 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert service.status("/health") == 200


def test_the_python_client_writes_the_same_swipe(
    service: Service, own_stack: OwnStack, swipe: dict[str, Any]
) -> None:
    with EventProducer(KafkaSettings(own_stack.kafka)) as producer:
        SwipeClient(producer).record_swipe(**swipe).result(10)
    assert service.post(swipe).status_code == 202
    by_client, by_ingest = stored(own_stack.kafka, swipe["client_id"])
    assert by_client == by_ingest


def test_stats_follow_the_heads_of_the_lineages(service: Service, own_stack: OwnStack) -> None:
    line = LINEAGES[0]
    ref = ObjectRef("models/one", Sha256("ab" * 32), 1)
    factory = GlobalModelPublished(
        *(line.model_id, Version(1), "", (OffsetRange(line.partition, 0, 0),), ref, ref, ref, ref),
        *(0, 0, 0, ClosedBy.FACTORY, None),
    )
    with EventProducer(KafkaSettings(own_stack.kafka)) as producer:
        producer.send(GLOBAL_MODELS, factory, key=line.model_id, partition=line.partition).result(10)

    def head() -> Any:
        return service.http.get("/api/v1/stats").json()["lineages"][line.model_id]

    until(lambda: head() is not None)
    link = hashlib.sha256(codec.encode(factory)).hexdigest()
    expected = {"version": 1, "link_sha256": link, "model_sha256": ref.sha256, "model_key": ref.key}
    assert head() == expected


def test_while_the_broker_is_away_it_is_503_in_5_seconds_and_202_afterwards(
    service: Service, own_stack: OwnStack, swipe: dict[str, Any]
) -> None:
    own_stack.broker.instance.stop()
    try:
        for path in (SWIPES_PATH, "/api/v1/train"):
            content = json.dumps({"swipes": [swipe]}) if path == SWIPES_PATH else b""
            started = time.monotonic()
            answer = service.http.post(path, content=content)
            assert answer.status_code == 503
            assert time.monotonic() - started < 5  # the promise that is tested, not a measurement
            assert int(answer.headers["retry-after"]) >= 1
        assert service.status("/ready") == 503
        assert service.status("/health") == 200
    finally:
        own_stack.broker.instance.restart()
    until(lambda: service.status("/ready") == 200)
    until(lambda: service.post(swipe | {"swipe_id": "afterwards"}).status_code == 202)
    ids = [event.swipe_id for event in stored(own_stack.kafka, swipe["client_id"])]
    assert "afterwards" in ids
    ends = Admin(KafkaSettings(own_stack.kafka)).ends(SWIPES)
    until(lambda: service.http.get("/api/v1/pipeline").json()["swipes"]["total"] == sum(ends.values()))


def test_it_comes_up_before_its_broker(own_stack: OwnStack, swipe: dict[str, Any], tmp_path: Path) -> None:
    own_stack.broker.instance.stop()
    early = Service(own_stack.kafka, tmp_path / "log")
    try:
        until(lambda: early.status("/health") == 200)
        assert early.status("/ready") == 503
        assert early.post(swipe).status_code == 503
        own_stack.broker.instance.restart()
        until(lambda: early.status("/ready") == 200)
        assert early.post(swipe).status_code == 202
        assert early.stop() == 0
    finally:
        early.process.kill()
        early.process.wait()
        early.http.close()
        if not own_stack.broker.instance.running:
            own_stack.broker.instance.restart()
