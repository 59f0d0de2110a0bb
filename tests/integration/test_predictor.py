"""The predictor as a process, on a real broker and a real object store."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from minio import Minio

from fedswipe.chain import Link
from fedswipe.events import ClosedBy, GlobalModelPublished, OffsetRange, Version
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import to_bytes, with_search
from fedswipe.local.leash import Leash
from fedswipe.local.ports import FreePorts
from fedswipe.local.process import ManagedProcess
from fedswipe.local.services import service_url, start_service
from fedswipe.local.stack import Stack
from fedswipe.modelstore import reference
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.testing.until import until
from fedswipe.topology import GLOBAL_MODELS, LINEAGES

LINE = LINEAGES[0]
BUCKET = "predictor"
DEADLINE = 30.0  # seconds; what is waited for takes a fraction of one
SWIPE = {
    "layout": LINE.layout,
    "width": 360,
    "height": 216,
    "points": [[40, 30, 0], [120, 90, 60], [300, 40, 130]],
}


class Publisher:
    """Publishes links by hand on top of whatever head the topic has."""

    def __init__(self, stack: Stack) -> None:
        kafka = KafkaSettings(stack.kafka)
        Admin(kafka).create_topics()
        s3 = stack.s3
        client = Minio(
            s3.url.partition("://")[2],
            s3.access_key,
            s3.secret_key,
            secure=s3.url.startswith("https"),
            region=s3.region,
        )
        if not client.bucket_exists(BUCKET):
            client.make_bucket(BUCKET)
        self.store = S3ModelStore(S3Settings(s3.access_key, s3.secret_key, s3.url, BUCKET, s3.region))
        self._reader = ChainReader(kafka, LINE, lambda _: None)
        self._producer = EventProducer(kafka)
        self._thread = threading.Thread(target=self._reader.run)
        self._thread.start()
        assert self._reader.wait_caught_up(DEADLINE)

    def publish(self, data: bytes, *, stored: bool = True) -> Link:
        """Publish a model as the head's child; without `stored` its pointer dangles."""
        kind = f"{LINE.model_id}/models"
        at = self.store.put(kind, data) if stored else reference(kind, data)
        head = self._reader.chain.head
        version, parent, end = (head.version + 1, head.sha256, head.end) if head else (1, "", 0)
        event = GlobalModelPublished(
            model_id=LINE.model_id,
            version=Version(version),
            parent=parent,
            ranges=(OffsetRange(LINE.partition, end, end),),
            model=at,
            optimizer=at,
            manifest=at,
            recipe=at,
            folded=0,
            refused=0,
            examples=0,
            closed_by=ClosedBy.FACTORY,
            rollback_to=None,
        )
        sent = self._producer.send(GLOBAL_MODELS, event, key=LINE.model_id, partition=LINE.partition)
        assert self._reader.wait_past(sent.result(DEADLINE), DEADLINE)
        link = self._reader.chain.head
        assert link is not None
        assert link.version == version
        return link

    def close(self) -> None:
        self._reader.stop()
        self._thread.join(DEADLINE)
        self._producer.close()


@dataclass(frozen=True)
class Running:
    """A predictor's process and its HTTP client."""

    process: ManagedProcess
    http: httpx.Client

    def model(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.get("/api/v1/model").json()
        return answer

    def predict(self) -> dict[str, Any]:
        answer = self.http.post("/api/v1/predict", json=SWIPE)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def publisher(stack: Stack) -> Iterator[Publisher]:
    publisher = Publisher(stack)
    yield publisher
    publisher.close()


@pytest.fixture(scope="module")
def first(publisher: Publisher) -> Link:
    return publisher.publish(random_model(1))


@pytest.fixture(scope="module")
def running(
    stack: Stack, publisher: Publisher, first: Link, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    log = tmp_path_factory.mktemp("predictor") / "predictor.log"
    port = FreePorts().take("predictor")
    env = {**stack.addresses.environ(), "FEDSWIPE_S3_BUCKET": BUCKET}
    with Leash() as leash, httpx.Client(base_url=service_url(port), timeout=DEADLINE) as http:
        process = start_service("predictor", port, env, log, leash)
        process.wait_ready()
        yield Running(process, http)


def random_model(seed: int) -> bytes:
    random = np.random.default_rng(seed)
    architecture = Architecture(load_layout(LINE.layout))
    weights = {
        name: random.normal(0, 0.2, shape).astype(np.float32)
        for name, shape in architecture.network_shapes.items()
    }
    return to_bytes(with_search(weights, SearchWeights(unigram=1.0, length=0.5, scale=0.3)))


def test_the_head_is_served_at_the_start(running: Running, first: Link) -> None:
    until(lambda: running.model()["version"] >= first.version)
    answer = running.predict()
    assert answer["model"]["version"] == running.model()["version"]
    assert len(answer["predictions"][0]["words"]) == 5


def test_a_new_link_is_served_and_its_words_are_its_own(running: Running, publisher: Publisher) -> None:
    before = running.predict()
    data = random_model(2)
    link = publisher.publish(data)
    until(lambda: running.model()["version"] == link.version)
    after = running.predict()
    assert after["model"]["sha256"] == reference("swipe-en/models", data).sha256
    assert after["model"]["link_sha256"] == link.sha256
    assert after["predictions"] != before["predictions"]


def test_a_dangling_pointer_leaves_the_old_model_until_a_newer_head(
    running: Running, publisher: Publisher
) -> None:
    before = running.predict()
    dangling = publisher.publish(random_model(3), stored=False)
    until(lambda: (running.model()["last_refusal"] or {}).get("version") == dangling.version)
    assert "ObjectMissing" in running.model()["last_refusal"]["reason"]
    assert running.predict()["predictions"] == before["predictions"]
    assert running.http.get("/ready").status_code == 200
    link = publisher.publish(random_model(4))
    until(lambda: running.model()["version"] == link.version)


def test_a_pointer_whose_content_comes_late_is_served_then(running: Running, publisher: Publisher) -> None:
    data = random_model(5)
    link = publisher.publish(data, stored=False)
    until(lambda: (running.model()["last_refusal"] or {}).get("version") == link.version)
    publisher.store.put(f"{LINE.model_id}/models", data)
    until(lambda: running.model()["version"] == link.version)


def test_what_is_no_model_leaves_the_old_one(running: Running, publisher: Publisher) -> None:
    before = running.predict()
    link = publisher.publish(b"no model at all")
    until(lambda: (running.model()["last_refusal"] or {}).get("version") == link.version)
    assert running.model()["last_refusal"]["final"]
    assert running.predict()["predictions"] == before["predictions"]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the loaded libraries are read from /proc")
def test_the_running_process_holds_no_torch(running: Running) -> None:
    maps = Path(f"/proc/{running.process.id.pid}/maps").read_text()
    assert "onnxruntime" in maps
    assert "torch" not in maps


def test_a_restart_after_kill_serves_the_head_again(running: Running, publisher: Publisher) -> None:
    link = publisher.publish(random_model(6))
    running.process.kill()
    running.process.restart()
    until(lambda: running.model()["version"] == link.version)


def test_sigterm_ends_it_with_status_0(running: Running) -> None:
    assert running.process.stop() == os.EX_OK
