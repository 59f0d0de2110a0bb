"""The aggregator as a process, on a real Kafka and a real MinIO of this module's own."""

import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from minio import Minio

from fedswipe import codec
from fedswipe.audit.clients import ClientsEvidence
from fedswipe.audit.topics import TopicEvidence
from fedswipe.chain import Link
from fedswipe.cli.prepare import prepare
from fedswipe.dead_letters.desk import Desk
from fedswipe.dead_letters.position import Position
from fedswipe.events import (
    ClientId,
    ClosedBy,
    DeltaCodec,
    DeltaComputed,
    DeltaId,
    GlobalModelPublished,
    OffsetRange,
)
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.log_range import read_range
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import encode_delta
from fedswipe.learning.factory import factory_bytes
from fedswipe.learning.verdict import EXPLANATIONS, Verdict
from fedswipe.local.ports import HOST, FreePorts
from fedswipe.local.stack import OwnStack
from fedswipe.modelstore.port import reference
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.swipe.layout import load_layout
from fedswipe.testing.replay import Replay
from fedswipe.testing.stacks import own_stack
from fedswipe.testing.until import until
from fedswipe.topology import GLOBAL_MODELS, LINEAGES, WEIGHT_DELTAS, dead_letters

LINE = LINEAGES[0]
ARCHITECTURE = Architecture(load_layout(LINE.layout))
BUCKET = "fedswipe"
DEADLINE = 60.0  # seconds; reached only by a failure
SESSION_MS = 6_000  # how long a killed or stopped aggregator keeps its partition
WINDOW = 10

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


class World:
    """The log and the store, as a test looks at them, and the processes it started."""

    def __init__(self, stack: OwnStack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        self.settings = KafkaSettings(stack.kafka)
        self.store = S3ModelStore(S3Settings(stack.s3.access_key, stack.s3.secret_key, stack.s3.url, BUCKET))
        self.producer = EventProducer(self.settings)
        self.reader = ChainReader(self.settings, LINE, lambda _: None)
        self._thread = threading.Thread(target=self.reader.run, daemon=True)
        self._thread.start()
        self.running: list[Service] = []

    def close(self) -> None:
        self.stop_services()
        self.reader.stop()
        self._thread.join()
        self.producer.close()

    def stop_services(self) -> None:
        for service in self.running:
            service.process.kill()
            service.process.wait()
        self.running.clear()

    def start(self, **environ: str) -> "Service":
        self.running.append(Service(self, environ))
        return self.running[-1]

    @property
    def version(self) -> int:
        head = self.reader.chain.head
        return head.version if head else 0

    def wait_version(self, version: int) -> Link:
        until(lambda: self.version >= version, f"version {version}, there is {self.version}")
        link = self.reader.chain.link(version)
        assert link is not None
        return link

    def delta(self, value: float = 0.01, **changed: Any) -> DeltaComputed:
        """A delta trained from the head of now."""
        head = self.wait_version(1) and self.reader.chain.head
        assert head is not None
        flat = np.full(ARCHITECTURE.size, value, np.float32)
        delta = DeltaComputed(
            *(DeltaId(uuid.uuid4().hex), LINE.model_id, head.version, head.sha256, ClientId("client")),  # type: ignore[arg-type]
            *(OffsetRange(0, 0, 1), (0,), 5, 1.0, 0.5, DeltaCodec.FP16),
            *(encode_delta(flat, DeltaCodec.FP16), None),
        )
        return replace(delta, **changed)

    def send(self, *values: DeltaComputed | bytes) -> list[int]:
        data = [one if isinstance(one, bytes) else codec.encode(one) for one in values]
        sent = [
            self.producer.send_bytes(WEIGHT_DELTAS.name, one, key=LINE.model_id, partition=LINE.partition)
            for one in data
        ]
        return [offset.result() for offset in sent]

    def send_window(self, count: int = WINDOW) -> list[int]:
        return self.send(*(self.delta(0.001 * number) for number in range(count)))

    def prove(self) -> Replay:
        """Fold the whole chain again from the log."""
        replay = Replay(
            *(LINE, ARCHITECTURE, self.store),
            read=lambda start, end: read_range(self.settings, WEIGHT_DELTAS, LINE.partition, start, end),
            clients=ClientsEvidence(TopicEvidence(self.settings)).until,
        )
        end = Admin(self.settings).ends(GLOBAL_MODELS)[LINE.partition]
        for record in read_range(self.settings, GLOBAL_MODELS, LINE.partition, 0, end):
            replay.add(record.value or b"", record.offset)
        return replay

    def letters(self) -> list[Any]:
        topic = dead_letters(WEIGHT_DELTAS)
        end = Admin(self.settings).ends(topic)[LINE.partition]
        records = read_range(self.settings, topic, LINE.partition, 0, end)
        return [codec.decode(topic.event, record.value, codec.PackagedSchemas()) for record in records]


class Service:
    """One aggregator process."""

    def __init__(self, world: World, environ: dict[str, str]) -> None:
        self.port = FreePorts().take("aggregator")
        self.log = world.folder / f"aggregator-{uuid.uuid4().hex}.log"
        settings = {
            "HTTP_PORT": str(self.port),
            "FEDSWIPE_S3_BUCKET": BUCKET,
            "FEDSWIPE_KAFKA_SESSION_TIMEOUT_MS": str(SESSION_MS),
            "AGGREGATOR_DELTAS": str(WINDOW),
            "AGGREGATOR_SECONDS": "3600",
        }
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.aggregator.app"],
                env=os.environ | world.stack.addresses.environ() | settings | environ,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def page(self, name: str) -> tuple[int, Any]:
        try:
            answer = httpx.get(f"http://{HOST}:{self.port}/{name}", timeout=5.0)
        except httpx.TransportError:
            return 0, {}
        return answer.status_code, answer.json()

    def wait_ready(self) -> "Service":
        until(lambda: self.page("ready")[0] == 200 or self._ended(), "ready")
        assert not self._ended(), self.log.read_text()
        return self

    def _ended(self) -> bool:
        return self.process.poll() is not None

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with own_stack(tmp_path_factory.mktemp("aggregator")) as stack:
        prepare(stack.addresses)
        world = World(stack, tmp_path_factory.mktemp("logs"))
        yield world
        world.close()


@pytest.fixture
def world(shared: World) -> Iterator[World]:
    yield shared
    shared.stop_services()


def test_the_first_start_publishes_the_factory_model(world: World) -> None:
    assert world.version == 0
    service = world.start().wait_ready()
    world.wait_version(1)
    event = world.reader.chain.event(1)
    assert event.closed_by is ClosedBy.FACTORY
    assert world.store.get(event.model) == factory_bytes(LINE.model_id)
    assert service.page("health") == (200, {"status": "healthy"})
    assert service.page("ready")[1]["ready"] is True


def test_one_process_publishes_the_factory_model_of_every_lineage(world: World) -> None:
    world.start()
    ends = Admin(world.settings).ends
    until(lambda: all(ends(GLOBAL_MODELS)[line.partition] > 0 for line in LINEAGES), "a model a lineage")
    for line in LINEAGES:
        (first,) = read_range(world.settings, GLOBAL_MODELS, line.partition, 0, 1)
        event = codec.decode(GlobalModelPublished, first.value, codec.PackagedSchemas())
        assert (event.model_id, event.version) == (line.model_id, 1)
        assert world.store.get(event.model) == factory_bytes(line.model_id)


def test_a_full_window_becomes_a_model_that_can_be_recomputed(world: World) -> None:
    world.start()
    world.wait_version(1)
    before = world.version
    offsets = world.send_window()
    link = world.wait_version(before + 1)
    event = world.reader.chain.event(before + 1)
    assert (event.folded, event.refused, event.closed_by) == (WINDOW, 0, ClosedBy.DELTAS)
    assert event.ranges == (OffsetRange(LINE.partition, offsets[0], offsets[-1] + 1),)
    assert len(codec.encode(event)) < 1_000
    assert world.prove().chain.head == link


def test_what_cannot_count_becomes_a_letter_and_the_rest_goes_on(world: World) -> None:
    world.start()
    world.wait_version(1)
    before = world.version
    nan = np.full(ARCHITECTURE.size, np.nan, "<f2").tobytes()
    whole = world.delta(payload=None, content=reference("elsewhere", b"payload"))
    refused = {
        Verdict.UNREADABLE: b"no event",
        Verdict.NOT_FINITE: world.delta(payload=nan),
        Verdict.MISSHAPEN: world.delta(payload=b"\x00" * 10),
        Verdict.OVER_NORM: world.delta(1.0),
        Verdict.OVER_RANGE: world.delta(100.0),
        Verdict.STALE: world.delta(base_version=-100),
        Verdict.UNKNOWN_BASE: world.delta(base_link="0" * 64),
        Verdict.OTHER_MODEL: world.delta(model_id="swipe-xx"),
        Verdict.NO_EXAMPLES: world.delta(examples=0),
    }
    junk, *rest, elsewhere = world.send(*refused.values(), whole)
    world.send_window()
    world.wait_version(before + 1)
    reasons = dict(zip((junk, *rest), refused, strict=True)) | {elsewhere: Verdict.MISSHAPEN}
    until(lambda: reasons.keys() <= {letter.offset for letter in world.letters()}, "the letters")
    letters = {letter.offset: letter for letter in world.letters()}
    for offset, verdict in reasons.items():
        found = letters[offset]
        assert (found.topic, found.partition, found.service) == (WEIGHT_DELTAS.name, 0, "aggregator")
        assert (found.reason, found.detail) == (verdict, EXPLANATIONS[verdict])
    assert letters[junk].value == b"no event"
    assert world.prove().settled.items() >= reasons.items()


def test_what_the_store_lacks_is_refused_and_counts_once_it_is_mended_and_retried(world: World) -> None:
    world.start()
    world.wait_version(1)
    before = world.version
    missing = encode_delta(np.full(ARCHITECTURE.size, 0.02, np.float32), DeltaCodec.FP16)
    changed = encode_delta(np.full(ARCHITECTURE.size, 0.03, np.float32), DeltaCodec.FP16)
    refs = [reference(f"{LINE.model_id}/deltas", payload) for payload in (missing, changed)]
    s3 = world.stack.s3
    client = Minio(s3.url.partition("://")[2], s3.access_key, s3.secret_key, secure=False)
    client.put_object(BUCKET, refs[1].key, BytesIO(missing), len(missing))
    offsets = world.send(*(world.delta(payload=None, content=ref) for ref in refs))
    world.send_window()
    world.wait_version(before + 1)
    verdicts = dict(zip(offsets, (Verdict.MISSING_CONTENT, Verdict.CHANGED_CONTENT), strict=True))
    assert world.prove().settled.items() >= verdicts.items()

    desk = Desk(world.settings)
    positions = [Position(WEIGHT_DELTAS.name, LINE.partition, offset) for offset in offsets]
    until(lambda: {x.at for x in desk.letters()[0].select()} >= set(positions), "the letters")
    world.store.put(f"{LINE.model_id}/deltas", missing)
    client.put_object(BUCKET, refs[1].key, BytesIO(changed), len(changed))
    letters = desk.letters()[0]
    again = desk.retry([letters.find(at) for at in positions])
    again += desk.retry([letters.find(at) for at in positions])
    world.send_window()
    world.wait_version(before + 2)
    settled = world.prove().settled
    assert [settled[at.offset] for at in again] == [Verdict.FOLDED] * 2 + [Verdict.SEEN] * 2
    assert not {x.at for x in desk.letters()[0].select()} & set(positions)


def test_a_window_closes_by_time_with_no_further_event(world: World) -> None:
    world.start(AGGREGATOR_SECONDS="0.5")
    world.wait_version(1)
    before = world.version
    world.send(world.delta())
    world.wait_version(before + 1)
    assert world.reader.chain.event(before + 1).closed_by is ClosedBy.TIME
    world.prove()


def test_a_killed_aggregator_loses_nothing_and_counts_nothing_twice(world: World) -> None:
    first = world.start().wait_ready()
    before = world.version
    offsets = world.send_window(WINDOW // 2)
    first.process.kill()
    first.process.wait()
    world.start()
    offsets += world.send_window(WINDOW + WINDOW // 2)
    world.wait_version(before + 2)
    settled = world.prove().settled
    assert {settled[offset] for offset in offsets} == {Verdict.FOLDED}


def test_two_that_believe_to_own_the_partition_make_one_chain(world: World) -> None:
    first = world.start().wait_ready()
    before = world.version
    offsets = world.send_window()
    world.wait_version(before + 1)
    offsets += world.send_window(WINDOW // 2)
    first.process.send_signal(signal.SIGSTOP)  # with half a window in its hands
    world.start().wait_ready()
    offsets += world.send_window(WINDOW // 2)
    world.wait_version(before + 2)  # the second has taken over
    offsets += world.send_window(WINDOW // 2)
    first.process.send_signal(signal.SIGCONT)
    offsets += world.send_window(WINDOW // 2 + WINDOW)
    world.wait_version(before + 4)
    settled = world.prove().settled
    assert {settled[offset] for offset in offsets} == {Verdict.FOLDED}
    assert first.process.poll() is None, first.log.read_text()


def test_without_the_store_nothing_is_published_and_then_it_goes_on(world: World) -> None:
    service = world.start().wait_ready()
    before = world.version
    server = world.stack.store.instance
    assert server.stop() == 0
    offsets = world.send_window()
    until(lambda: service.page("ready")[0] == 503, "/ready says 503")
    assert service.page("ready")[1]["checks"]["store"] != "ok"
    assert service.page("health")[0] == 200
    assert world.version == before
    server.restart()
    world.wait_version(before + 1)
    until(lambda: service.page("ready")[0] == 200, "/ready says 200")
    settled = world.prove().settled
    assert {settled[offset] for offset in offsets} == {Verdict.FOLDED}


@pytest.mark.parametrize("busy", [False, True])
def test_it_ends_cleanly_on_sigterm(world: World, busy: bool) -> None:
    service = world.start().wait_ready()
    if busy:
        world.send_window(3 * WINDOW)
    assert service.terminate() == 0, service.log.read_text()
    world.prove()


def test_a_setting_that_is_wrong_is_named(world: World) -> None:
    service = world.start(AGGREGATOR_DELTAS="many")
    assert service.process.wait(DEADLINE) != 0
    assert "AGGREGATOR_DELTAS='many'" in service.log.read_text()
