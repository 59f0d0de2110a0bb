"""A client asks to be forgotten, on the real loop: what it sends afterwards is in no model."""

import os
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from fedswipe.audit.clients import ClientsEvidence
from fedswipe.audit.topics import TopicEvidence
from fedswipe.cli.main import app
from fedswipe.demo.crowd import Client
from fedswipe.demo.gateway import Gateway
from fedswipe.events import ClientForgotten, ClientId, DeltaComputed, DeltaId, Sha256, Version
from fedswipe.kafka.clients_reader import ClientsReader
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.verdict import Verdict
from fedswipe.swipe.gesture import LabelledGesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import simulate_typists
from fedswipe.testing.proof import prove_chain, read_deltas, read_letters
from fedswipe.testing.running_loop import RunningLoop, running_loop
from fedswipe.testing.until import until
from fedswipe.topology import CLIENTS, LINEAGES, WEIGHT_DELTAS

DEADLINE = 90.0  # seconds; reached only by a failure
SWIPES_EACH = 6
SETTINGS = {"TRAINER_RANGE_SECONDS": "0.3", "AGGREGATOR_DELTAS": "2", "AGGREGATOR_SECONDS": "2"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLoop]:
    with running_loop(tmp_path_factory.mktemp("loop"), LINEAGES[0], SETTINGS) as running:
        yield running


class People:
    """Ann and bob, who swipe through ingest."""

    def __init__(self, loop: RunningLoop) -> None:
        self.loop = loop
        self.names = [f"{name}-{uuid.uuid4().hex[:8]}" for name in ("ann", "bob")]
        self._gateway = Gateway(loop.urls["ingest"], loop.urls["predictor"], loop.lineage.layout)
        self._sent = 0

    def swipe(self) -> None:
        """Have both send swipes, and wait until all of it is settled."""
        layout, lexicon = load_layout(self.loop.lineage.layout), load_lexicon(self.loop.lineage.lexicon)
        typists = simulate_typists(layout, lexicon, 2, SWIPES_EACH, seed=self._sent)
        before = self.loop.watch.version
        self._gateway.record(
            [
                Client(name, tuple(map(LabelledGesture, one.words, one.gestures)), self._sent)
                for name, one in zip(self.names, typists, strict=True)
            ]
        )
        self._sent += SWIPES_EACH
        self._gateway.train()
        self.loop.watch.wait_for(before + 1, DEADLINE)
        self.loop.wait_settled(DEADLINE)

    def close(self) -> None:
        self._gateway.close()

    def told(self, name: str) -> dict[str, Any]:
        answer = httpx.get(f"{self.loop.urls['ingest']}/api/v1/clients/{name}", timeout=30).raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def deltas(self, name: str) -> list[DeltaComputed]:
        return [one for one in read_deltas(self.loop.kafka) if one.client_id == name]


@pytest.fixture
def people(loop: RunningLoop) -> Iterator[People]:
    with closing(People(loop)) as both:
        yield both


def test_what_a_forgotten_client_sends_is_in_no_model_and_the_audit_proves_it(
    loop: RunningLoop, people: People
) -> None:
    ann, bob = people.names
    people.swipe()
    gave = people.told(ann)
    assert (gave["swipes"], gave["forgotten"], len(gave["deltas"])) == (
        SWIPES_EACH,
        None,
        len(gave["versions"]),
    )
    assert {one["verdict"] for one in gave["deltas"]} == {"folded"}

    answer = httpx.delete(f"{loop.urls['ingest']}/api/v1/clients/{ann}", timeout=30)
    assert (answer.status_code, answer.json()["client_id"]) == (202, ann)
    trained = people.deltas(ann)
    people.swipe()
    assert people.deltas(ann) == trained, "no delta was made of the swipes of a forgotten client"
    assert len(people.deltas(bob)) > 1

    late = send_late(loop, trained[0])
    manifest = Manifest.from_bytes(loop.store.get(loop.watch.event(loop.head.version).manifest))
    verdicts = {entry.offset: entry.verdict for entry in manifest.entries}
    assert verdicts[late] is Verdict.FORGOTTEN
    assert manifest.clients_end == answer.json()["forgotten"]["offset"] + 1
    assert read_letters(loop.kafka, WEIGHT_DELTAS) == []

    report = prove_chain(loop.kafka, loop.store, loop.lineage)
    assert report.swipes_counted == 3 * SWIPES_EACH, "those that ann sent afterwards stand nowhere"
    told = people.told(ann)
    assert (told["swipes"], told["forgotten"]) == (2 * SWIPES_EACH, answer.json()["forgotten"])
    assert [one["verdict"] for one in told["deltas"]] == ["folded"] * len(trained) + ["forgotten"]
    assert told["versions"] == gave["versions"]


def send_late(loop: RunningLoop, trained: DeltaComputed) -> int:
    """Write a delta as a trainer would that knew of nothing; return its offset once it is settled."""
    head = loop.head
    late = replace(
        trained,
        delta_id=DeltaId("late"),
        base_version=Version(head.version),
        base_link=Sha256(head.sha256),
        swipe_offsets=(),
    )
    with EventProducer(loop.kafka) as producer:
        sent = producer.send(WEIGHT_DELTAS, late, key=loop.lineage.model_id, partition=loop.lineage.partition)
        offset = sent.result()
    until(lambda: loop.head.end > offset, "the late delta is settled", DEADLINE)
    return offset


def test_a_reader_knows_everybody_whose_record_was_acknowledged_before_it_is_asked(loop: RunningLoop) -> None:
    reader = ClientsReader(loop.kafka, PublishedSchemas(loop.kafka))
    with EventProducer(loop.kafka) as producer:
        for number in range(3):
            client = ClientId(f"{uuid.uuid4().hex}-{number}")
            before = reader.forgotten()
            offset = producer.send(CLIENTS, ClientForgotten(client), key=client, partition=0).result()
            assert reader.forgotten().offset(client) == offset
            assert not before.has(client)
    with pytest.raises(BrokerUnavailable, match="others read"):
        reader.forgotten(least=offset + 2)


def test_an_operator_forgets_a_client_by_a_command(
    loop: RunningLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in loop.stack.addresses.environ().items():
        monkeypatch.setenv(name, value)
    assert "FEDSWIPE_KAFKA" in os.environ
    result = CliRunner().invoke(app, ["forget", "somebody"], input="n\n")
    assert result.exit_code == 0
    clients = ClientsEvidence(TopicEvidence(loop.kafka))
    assert clients.now().offset("somebody") is None  # type: ignore[arg-type]
    result = CliRunner().invoke(app, ["forget", "somebody", "--yes"])
    assert (result.exit_code, "somebody is forgotten" in result.output) == (0, True)
    assert clients.now().offset("somebody") is not None  # type: ignore[arg-type]
