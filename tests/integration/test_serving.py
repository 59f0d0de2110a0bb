"""Rollback, pins and canaries, by the real commands, on a real broker and store, with the real predictor."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import numpy as np
import pytest
from minio import Minio

from fedswipe import codec
from fedswipe.chain import Chain
from fedswipe.cli import main as cli
from fedswipe.codec import PackagedSchemas
from fedswipe.events import (
    CanaryBy,
    ClosedBy,
    GlobalModelPublished,
    LinkRef,
    OffsetRange,
    PredictionServed,
    ServingChange,
    ServingChanged,
    Sha256,
    Version,
)
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.log_range import read_range
from fedswipe.kafka.operator_log import KafkaOperatorLog, open_operator_log
from fedswipe.kafka.partitioning import partition_of
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.serving_reader import ServingReader
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.weights import sha256, to_bytes, with_search
from fedswipe.local.leash import Leash
from fedswipe.local.ports import FreePorts
from fedswipe.local.process import ManagedProcess
from fedswipe.local.services import service_url, start_service
from fedswipe.local.stack import Stack
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.serving import changes
from fedswipe.serving.state import ServingState
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe_check import recorded
from fedswipe.testing.until import until
from fedswipe.topology import LINEAGES, PREDICTIONS, SWIPES

LINE = LINEAGES[0]
BUCKET = "serving"
DEADLINE = 60.0  # seconds; what is waited for takes a fraction of it
SWIPE = {"width": 360.0, "height": 216.0, "points": [(40, 30, 0), (120, 90, 60), (300, 40, 130)]}
CLIENTS = [f"client-{number}" for number in range(260)]


class World:
    """The stack with a chain of versions in it, the predictor's process, and the commands."""

    def __init__(self, stack: Stack, log: KafkaOperatorLog) -> None:
        self.kafka = KafkaSettings(stack.kafka)
        self.log = log
        s3 = stack.s3
        scheme, _, host = s3.url.partition("://")
        client = Minio(host, s3.access_key, s3.secret_key, secure=scheme == "https", region=s3.region)
        if not client.bucket_exists(BUCKET):
            client.make_bucket(BUCKET)
        self.store = S3ModelStore(S3Settings(s3.access_key, s3.secret_key, s3.url, BUCKET, s3.region))
        self.models = {self.publish(random_model(seed)): random_model(seed) for seed in (1, 2, 3)}

    @property
    def versions(self) -> list[int]:
        """The versions that were published here, oldest first."""
        return list(self.models)

    @property
    def head(self) -> int:
        return self.log.chain.links[-1].version

    def publish(self, data: bytes) -> int:
        """Publish a model as the head's child; return its version."""
        at, head = self.store.put(f"{LINE.model_id}/models", data), self.log.chain.head
        nothing = self.store.put(f"{LINE.model_id}/manifests", Manifest(()).to_bytes())
        version, parent, end = (head.version + 1, head.sha256, head.end) if head else (1, "", 0)
        settled = OffsetRange(LINE.partition, end, end)
        event = GlobalModelPublished(
            *(LINE.model_id, Version(version), parent, (settled,), at, at, nothing, nothing),
            *(0, 0, 0, ClosedBy.FACTORY, None),
        )
        self.log.append_link(codec.encode(event))
        assert self.head == version
        return version


def random_model(seed: int) -> bytes:
    random = np.random.default_rng(seed)
    shapes = Architecture(load_layout(LINE.layout)).network_shapes
    weights = {name: random.normal(0, 0.2, shape).astype(np.float32) for name, shape in shapes.items()}
    return to_bytes(with_search(weights, SearchWeights(unigram=1.0, length=0.5, scale=0.3)))


@pytest.fixture(scope="module")
def world(stack: Stack) -> Iterator[World]:
    """Others use this stack too: whatever happens here, at the end the head is followed."""
    settings = KafkaSettings(stack.kafka)
    Admin(settings).create_topics()
    with open_operator_log(settings, LINE) as log:
        yield World(stack, log)
        if log.servings.state.canary is not None:
            changes.abort(log)
        if log.servings.state.pinned:
            changes.unpin(log)


@dataclass(frozen=True)
class Running:
    """The predictor's process and its HTTP client."""

    process: ManagedProcess
    http: httpx.Client

    def model(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.get("/api/v1/model").raise_for_status().json()
        return answer

    def serves(self, version: int) -> Callable[[], bool]:
        return lambda: self.model()["version"] == version

    def predict(self, names: list[tuple[str | None, str]]) -> list[dict[str, Any]]:
        """The predictions of a swipe for each client and swipe id."""
        swipes = [
            {"layout": LINE.layout, "client_id": client, "swipe_id": swipe_id, **SWIPE}
            for client, swipe_id in names
        ]
        found: list[dict[str, Any]] = []
        for at in range(0, len(swipes), 100):
            answer = self.http.post("/api/v1/predict", json={"swipes": swipes[at : at + 100], "top_k": 3})
            found += answer.raise_for_status().json()["predictions"]
        return found

    def versions(self, clients: list[str]) -> list[int]:
        return [one["version"] for one in self.predict([(client, "x") for client in clients])]


@pytest.fixture(scope="module")
def predictor(stack: Stack, world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    log = tmp_path_factory.mktemp("serving") / "predictor.log"
    port = FreePorts().take("predictor")
    env = {**stack.addresses.environ(), "FEDSWIPE_S3_BUCKET": BUCKET, "PREDICTOR_INSTANCE": "predictor-1"}
    with Leash() as leash, httpx.Client(base_url=service_url(port), timeout=DEADLINE) as http:
        process = start_service("predictor", port, env, log, leash)
        process.wait_ready()
        yield Running(process, http)


Models = Callable[..., tuple[Any, str]]


@pytest.fixture
def models(stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Models:
    """Run `fedswipe models ...` on the stack; return its exit code and what it printed."""
    for variable, value in {**stack.addresses.environ(), "FEDSWIPE_S3_BUCKET": BUCKET}.items():
        monkeypatch.setenv(variable, value)

    def run(*words: object) -> tuple[Any, str]:
        monkeypatch.setattr(sys, "argv", ["fedswipe", "models", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out + printed.err

    return run


def test_a_pinned_version_is_served_whatever_is_published_and_after_a_restart(
    world: World, predictor: Running, models: Models
) -> None:
    until(predictor.serves(world.head))
    pinned = world.versions[0]
    assert models("pin", pinned) == (0, f"Version {pinned} is pinned.\n")
    until(predictor.serves(pinned))
    assert predictor.model()["pinned"]
    world.models[world.publish(random_model(4))] = random_model(4)
    predictor.process.kill()
    predictor.process.restart()
    assert predictor.model()["version"] == pinned, "the head is not served even once"
    assert set(predictor.versions(CLIENTS[:5])) == {pinned}


def test_unpinned_the_head_is_served(world: World, predictor: Running, models: Models) -> None:
    assert models("unpin") == (0, "Predictors follow the head.\n")
    until(predictor.serves(world.head))


def test_a_rollback_is_a_new_version_with_the_old_content(
    world: World, predictor: Running, models: Models
) -> None:
    old, head = world.versions[1], world.head
    code, said = models("rollback", old)
    assert (code, said) == (0, f"Version {head + 1} is published, with the content of version {old}.\n")
    until(predictor.serves(head + 1))
    assert predictor.model()["sha256"] == sha256(world.models[old])
    shown = json.loads(models("show", head + 1, "--json")[1])
    assert (shown["rollback_to"], shown["continues"], shown["closed_by"]) == (old, old, "ROLLBACK")
    assert shown["marks"] == ["head", "stable"]
    listed = json.loads(models("list", "--json", "--last", 2)[1])["versions"]
    assert [row["version"] for row in listed] == [head + 1, head]
    assert datetime.now(UTC) - datetime.fromisoformat(listed[0]["published"]) < timedelta(hours=1)
    assert models("rollback", head + 1)[0] == cli.REFUSED


def test_a_canary_splits_the_clients_by_its_share(world: World, predictor: Running, models: Models) -> None:
    stable, tried = world.head, world.versions[2]
    code, said = models("canary", tried, "--share", "0.5", "--stable", stable)
    assert code == 0
    assert f"version {tried} for 50.0% of the clients, {stable} for the others" in said
    until(lambda: (predictor.model()["canary"] or {}).get("model") is not None)
    until(lambda: world.log.servings.state.canary is not None)
    canary = world.log.servings.state.canary
    assert canary is not None
    versions = predictor.versions(CLIENTS)
    assert versions == [tried if canary.takes(client, "") else stable for client in CLIENTS]
    assert 0.35 < versions.count(tried) / len(versions) < 0.65
    world.publish(random_model(5))
    assert predictor.versions(CLIENTS[:20]) == versions[:20], "a new head changes nothing"
    assert predictor.predict([(None, "x")])[0]["version"] == stable


def test_a_worse_canary_is_aborted_by_the_watch(world: World, predictor: Running, models: Models) -> None:
    """By the words that come in later: right for the stable version, wrong for the canary."""
    canary = world.log.servings.state.canary
    assert canary is not None
    stable, tried = predictor.model()["version"], canary.link.version
    names: list[tuple[str | None, str]] = [
        (client, f"swipe-{number}-{client}") for number in range(2) for client in CLIENTS
    ]
    watched: list[tuple[Any, str]] = []
    watching = threading.Thread(target=lambda: watched.append(models("watch")))
    watching.start()
    told = predictor.predict(names)
    record_words(world.kafka, names, told, tried)
    watching.join(DEADLINE)
    assert [code for code, _ in watched] == [1]
    assert f"Aborted. Version {stable} is pinned." in watched[0][1]
    until(lambda: predictor.model()["canary"] is None)
    assert predictor.model()["pinned"]
    assert set(predictor.versions(CLIENTS)) == {stable}
    code, said = models("accuracy", "--json", "--hours", 1)
    found = {row["version"]: row for row in json.loads(said)["versions"]}
    times = {version: sum(one["version"] == version for one in told) for version in (stable, tried)}
    assert {version: found[version]["judged"] for version in times} == times
    assert (code, found[stable]["top1"], found[tried]["top1"]) == (0, 100.0, 0.0)


def record_words(
    kafka: KafkaSettings, names: list[tuple[str | None, str]], told: list[dict[str, Any]], wrong: int
) -> None:
    """Record each swipe with the word that was predicted first, or with another for one version's."""
    with EventProducer(kafka) as producer:
        sent = []
        for (client, swipe_id), one in zip(names, told, strict=True):
            word = one["words"][0]["word"] if one["version"] != wrong else "qqq"
            swipe = recorded(client_id=str(client), swipe_id=swipe_id, layout=LINE.layout, word=word, **SWIPE)  # type: ignore[arg-type]
            partition = partition_of(swipe.client_id, SWIPES.partitions)
            sent.append(producer.send(SWIPES, swipe, key=swipe.client_id, partition=partition))
        for one_sent in sent:
            one_sent.result(DEADLINE)


def test_predictions_lie_beside_their_swipes(world: World) -> None:
    partition = partition_of("client-1", PREDICTIONS.partitions)
    end = Admin(world.kafka).ends(PREDICTIONS)[partition]
    events = [
        codec.decode(PredictionServed, record.value, PackagedSchemas())
        for record in read_range(world.kafka, PREDICTIONS, partition, 0, end)
    ]
    assert {event.model_id for event in events} == {LINE.model_id}
    assert any(event.client_id == "client-1" for event in events)


def test_a_canary_by_predictor_and_its_promotion(world: World, predictor: Running, models: Models) -> None:
    until(lambda: world.log.servings.state.pinned)
    stable, tried = predictor.model()["version"], world.versions[0]
    assert models("canary", tried, "--by", "predictor", "--share", "1")[0] == 0
    until(lambda: (predictor.model()["canary"] or {}).get("model") is not None)
    assert predictor.model()["version"] == stable
    assert predictor.predict([(None, "x")])[0]["version"] == tried
    assert models("promote") == (0, f"Version {tried} is pinned.\n")
    until(lambda: predictor.model()["canary"] is None)
    assert predictor.model()["version"] == tried


def test_events_that_make_no_sense_change_nothing(world: World, predictor: Running) -> None:
    until(lambda: world.log.servings.state.pinned)
    before, served = world.log.servings.state, predictor.model()["version"]
    link = LinkRef(Version(world.head + 50), Sha256("0" * 64))
    head = world.log.chain.links[-1].ref
    nonsense = [
        ServingChanged(LINE.model_id, ServingChange.PIN, link),
        ServingChanged(LINE.model_id, ServingChange.PIN, LinkRef(head.version, link.sha256)),
        ServingChanged(LINE.model_id, ServingChange.PROMOTE, canary=1),
        ServingChanged(LINE.model_id, ServingChange.CANARY, head, before.stable, 7.0, CanaryBy.CLIENT),
    ]
    refused = world.log.servings.refused
    for event in nonsense:
        assert world.log.append_change(event) not in world.log.servings.accepted
    assert world.log.servings.refused == refused + len(nonsense)
    assert world.log.servings.state == before
    assert predictor.model()["version"] == served
    changes.unpin(world.log)
    until(predictor.serves(world.head), "an event behind the nonsense is followed")


class LateChain:
    """A chain reader that has read nothing yet when it is asked to catch up."""

    def __init__(self, real: Chain) -> None:
        self.chain = Chain(real.model_id, real.partition)
        self._real = real

    def wait_past(self, offset: int, timeout: float) -> bool:
        assert offset >= self._real.links[-1].offset, "to the end that the topic has now"
        self.chain.links = list(self._real.links)
        return True


def test_a_reader_whose_chain_is_behind_comes_to_the_same_state(world: World) -> None:
    states: list[ServingState] = []
    reader = ServingReader(world.kafka, LINE, cast(Any, LateChain(world.log.chain)), states.append)
    thread = threading.Thread(target=reader.run)
    thread.start()
    assert reader.wait_caught_up(DEADLINE)
    until(lambda: states)
    reader.stop()
    thread.join(DEADLINE)
    assert len(world.log.servings.accepted) > 5
    assert states[-1] == world.log.servings.state
    assert reader.servings.accepted == world.log.servings.accepted


def test_without_a_broker_the_command_says_so(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDSWIPE_KAFKA", f"127.0.0.1:{FreePorts().take('nobody')}")
    code, said = models("list")
    assert code == cli.REFUSED
    assert "Kafka" in said
