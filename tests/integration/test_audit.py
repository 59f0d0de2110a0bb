"""The audit's commands on a real Kafka and a real store, over what the real loop wrote."""

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from typer.testing import CliRunner

from fedswipe.cli.main import app
from fedswipe.demo.crowd import Client
from fedswipe.demo.gateway import Gateway
from fedswipe.errors import FedswipeError
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.log_range import read_messages
from fedswipe.kafka.producer import EventProducer
from fedswipe.swipe.gesture import LabelledGesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import simulate_typists
from fedswipe.testing.running_loop import RunningLoop, running_loop
from fedswipe.topology import LINEAGES, SWIPES, WEIGHT_DELTAS

DEADLINE = 90.0  # seconds; reached only by a failure
PEOPLE, SWIPES_EACH = 6, 6
SETTINGS = {"TRAINER_RANGE_SECONDS": "0.3", "AGGREGATOR_DELTAS": "4", "AGGREGATOR_SECONDS": "2"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLoop]:
    """A loop at rest, with a record that nobody can use among the swipes and one among the deltas."""
    with running_loop(tmp_path_factory.mktemp("loop"), LINEAGES[0], SETTINGS) as running:
        fill(running)
        yield running


def fill(loop: RunningLoop) -> None:
    layout, lexicon = load_layout(loop.lineage.layout), load_lexicon(loop.lineage.lexicon)
    gateway = Gateway(loop.urls["ingest"], loop.urls["predictor"], loop.lineage.layout)
    with EventProducer(loop.kafka) as producer:
        for topic in (SWIPES, WEIGHT_DELTAS):
            producer.send_bytes(topic.name, b"no event", key="k", partition=loop.lineage.partition).result()
    for seed in (1, 2):
        typists = simulate_typists(layout, lexicon, PEOPLE, SWIPES_EACH, seed)
        clients = [
            Client(f"{seed}-{one.client_id}", tuple(map(LabelledGesture, one.words, one.gestures)))
            for one in typists
        ]
        before = loop.watch.version
        gateway.record([*clients, *clients[:2]])  # some of it twice
        gateway.train()
        loop.watch.wait_for(before + 1, DEADLINE)
        loop.wait_settled(DEADLINE)
    gateway.close()


@pytest.fixture(autouse=True)
def _environment(loop: RunningLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in loop.stack.addresses.environ().items():
        monkeypatch.setenv(name, value)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    if isinstance(result.exception, FedswipeError):
        raise result.exception
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def verify(tmp_path: Path, *words: str) -> tuple[int, dict[str, Any]]:
    file = tmp_path / f"{uuid.uuid4().hex}.json"
    code, _ = run("audit", "verify", "--json", str(file), *words)
    return code, json.loads(file.read_text())


def test_what_the_loop_wrote_is_proven(loop: RunningLoop, tmp_path: Path) -> None:
    code, report = verify(tmp_path)
    assert (code, report["verdict"], report["findings"]) == (0, "proven", [])
    assert report["head"] == loop.watch.version
    assert report["recomputed"] == loop.watch.version - 1
    assert report["swipes_counted"] == 2 * PEOPLE * SWIPES_EACH
    assert report["refused"] == 1
    code, part = verify(tmp_path, "--from", "2", "--to", "2")
    assert (code, part["first"], part["last"]) == (0, 2, 2)


def test_an_export_is_proven_without_kafka_and_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "export"
    code, output = run("audit", "export", "--to", str(folder))
    assert (code, "Exported to" in output) == (0, True)
    monkeypatch.setenv("FEDSWIPE_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("FEDSWIPE_S3", "http://127.0.0.1:1")
    code, report = verify(tmp_path, "--from-dir", str(folder))
    assert (code, report["verdict"], report["findings"]) == (0, "proven", [])
    file = folder / f"{WEIGHT_DELTAS.name}-0.avro"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    code, report = verify(tmp_path, "--from-dir", str(folder))
    assert (code, report["verdict"]) == (1, "broken")
    assert any(file.name in one["detail"] for one in report["findings"])
    assert any(one["version"] for one in report["findings"])


def test_a_version_is_explained(loop: RunningLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, version = tmp_path / "explained.json", str(loop.watch.version)
    code, _ = run("audit", "explain", version, "--json", str(file))
    found = json.loads(file.read_text())
    folded = [delta for delta in found["deltas"] if delta["verdict"] == "folded"]
    assert code == 0
    assert all(delta["norm"] > 0 and delta["swipe_offsets"] and delta["client"] for delta in folded)
    assert sum(delta["share"] for delta in folded) == pytest.approx(1.0)
    monkeypatch.setenv("FEDSWIPE_PSEUDONYM_KEY", "secret")
    run("audit", "explain", version, "--pseudonyms", "--json", str(file))
    hidden = {delta["client"] for delta in json.loads(file.read_text())["deltas"]}
    assert not hidden & {delta["client"] for delta in folded}


def test_an_operators_rollback_is_proven_and_explained(loop: RunningLoop, tmp_path: Path) -> None:
    before, file = loop.watch.version, tmp_path / "explained.json"
    code, _ = run("models", "rollback", "1")
    assert code == 0
    loop.watch.wait_for(before + 1, DEADLINE)
    code, report = verify(tmp_path)
    assert (code, report["findings"], report["head"], report["rollbacks"]) == (0, [], before + 1, 1)
    code, _ = run("audit", "explain", str(before + 1), "--json", str(file))
    taken_back = [back["version"] for back in json.loads(file.read_text())["taken_back"]]
    assert (code, taken_back) == (0, list(range(before, 1, -1)))


def test_a_stretch_is_replayed_with_its_origin(loop: RunningLoop) -> None:
    into = f"replayed-{uuid.uuid4().hex}"
    admin = AdminClient(loop.kafka.client())
    admin.create_topics([NewTopic(into, SWIPES.partitions, 1)])[into].result(DEADLINE)
    end = Admin(loop.kafka).ends(WEIGHT_DELTAS)[0]
    place = ("--topic", WEIGHT_DELTAS.name, "--partition", "0", "--from", "0", "--to", str(end))
    code, _ = run("replay", *place, "--into", into, "--rate", "500")
    assert code == 0
    origin = list(read_messages(loop.kafka, WEIGHT_DELTAS.name, 0, 0, end))
    copies = list(read_messages(loop.kafka, into, 0, 0, len(origin)))
    assert [(m.key(), m.value()) for m in copies] == [(m.key(), m.value()) for m in origin]
    for copy, source in zip(copies, origin, strict=True):
        headers = dict(copy.headers() or ())  # type: ignore[arg-type]
        assert headers["fedswipe.origin.topic"] == WEIGHT_DELTAS.name.encode()
        assert headers["fedswipe.origin.offset"] == str(source.offset()).encode()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"--into": WEIGHT_DELTAS.name}, "is the origin itself"),
        ({"--into": "nowhere"}, "no such topic"),
        ({"--topic": "nowhere"}, "there is none"),
        ({"--to": "999999"}, "the partition has"),
        ({"--into-kafka": "127.0.0.1:1"}, "127.0.0.1:1"),
    ],
)
def test_a_replay_that_cannot_be_is_refused(changed: dict[str, str], message: str) -> None:
    options = {"--topic": WEIGHT_DELTAS.name, "--partition": "0", "--from": "0", "--to": "1"}
    options |= {"--into": SWIPES.name} | changed
    with pytest.raises(FedswipeError, match=message):
        run("replay", *(word for option in options.items() for word in option))


def test_without_kafka_nothing_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDSWIPE_KAFKA", "127.0.0.1:1")
    file = tmp_path / "report.json"
    with pytest.raises(FedswipeError):
        run("audit", "verify", "--json", str(file))
    assert json.loads(file.read_text())["verdict"] == "not judged"


def test_deleted_deltas_are_expired_and_an_archive_proves_them(loop: RunningLoop, tmp_path: Path) -> None:
    """The last test of the module: it deletes evidence."""
    ages = tmp_path / "ages.json"
    code, _ = run("audit", "archive", "--dry-run", "--json", str(ages))
    told = json.loads(ages.read_text())
    assert code == 0
    assert told["retention_ms"] == 90 * 86_400_000
    assert all(
        89 * 86_400 < row["seconds_left"] <= 90 * 86_400
        for row in told["versions"]
        if row["end"] > row["start"]
    )
    code, output = run("audit", "archive")
    assert (code, "are archived" in output) == (0, True)
    admin = AdminClient(loop.kafka.client())
    for topic in (WEIGHT_DELTAS, SWIPES):
        ends = Admin(loop.kafka).ends(topic).items()
        gone = [TopicPartition(topic.name, partition, end) for partition, end in ends if end]
        for answer in admin.delete_records(gone).values():
            answer.result(DEADLINE)
    code, report = verify(tmp_path)
    assert (code, report["verdict"], report["findings"]) == (0, "proven", [])
    assert any(WEIGHT_DELTAS.name in one for one in report["from_archive"])
    forget_a_client(loop, tmp_path)
    code, report = verify(tmp_path)
    assert (code, report["verdict"]) == (3, "evidence forgotten")
    assert {one["code"] for one in report["findings"]} == {"deltas_forgotten"}
    for ref in loop.store.refs(f"{loop.lineage.model_id}/archives"):
        loop.store._client.remove_object(loop.store._bucket, ref.key)
    code, report = verify(tmp_path)
    assert (code, report["verdict"]) == (2, "evidence expired")
    gone_deltas = next(one for one in report["findings"] if one["code"] == "deltas_gone")
    assert gone_deltas["offsets"]["start"] == 0
    assert os.environ["FEDSWIPE_KAFKA"] in loop.kafka.bootstrap


def forget_a_client(loop: RunningLoop, tmp_path: Path) -> None:
    """Forget one whose delta is in version 2, and take its numbers out of the archive."""
    told, replaced = tmp_path / "explained.json", tmp_path / "archived.json"
    run("audit", "explain", "2", "--json", str(told))
    client = next(one["client"] for one in json.loads(told.read_text())["deltas"] if one["client"])
    run("forget", client, "--yes")
    run("audit", "archive", "--anew", "--json", str(replaced))
    for key in json.loads(replaced.read_text())["replaced"]:
        loop.store._client.remove_object(loop.store._bucket, key)
