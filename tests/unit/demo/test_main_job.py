"""The main job against a loop that is faked at its two ends: HTTP and the lineage's topic."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from fedswipe.demo.crowd import Client, Crowd
from fedswipe.demo.gateway import Gateway, Served
from fedswipe.demo.judge import judge
from fedswipe.demo.lineage_watch import LineageWatch
from fedswipe.demo.main_job import MainJob, Phase
from fedswipe.demo.report import Report
from fedswipe.swipe.gesture import Gesture, LabelledGesture

DOCUMENTED = {
    *("swipes", "clients", "deltas", "models", "version", "top1_before", "top1_after", "top3_before"),
    *("top3_after", "unseen_swipes", "coverage", "seconds", "kafka", "minio", "model"),
}
DOT = Gesture(np.zeros((1, 3), np.float32), 360.0, 216.0)


def person(name: str, *words: str) -> Client:
    return Client(name, tuple(LabelledGesture(word, DOT) for word in words))


class FakeLoop:
    """Each training request publishes a version; from version 2 on every word is right, before it none is."""

    def __init__(self) -> None:
        self.version = 1
        self.recorded: list[str] = []

    def record(self, clients: Sequence[Client]) -> int:
        self.recorded += [client.id for client in clients]
        return sum(len(client.swipes) for client in clients)

    def train(self) -> None:
        self.version += 1

    def served(self) -> Served:
        return Served(self.version, f"hash of {self.version}")

    def predict(self, swipes: Sequence[LabelledGesture], words: int) -> list[list[str]]:
        return [[swipe.word if self.version > 1 else "wrong"] for swipe in swipes]

    def wait_for(self, version: int, seconds: float) -> None:
        assert self.version >= version

    def event(self, version: int) -> Any:
        return SimpleNamespace(folded=3)


class Silent:
    def phase(self, title: str, total: int) -> Phase:
        return lambda steps, note="": None


@pytest.fixture
def crowd() -> Crowd:
    senders = tuple(person(f"sender-{n}", "hello", "world") for n in range(7))
    return Crowd("test", senders, (person("unseen", "hello", "there", "you"),))


def run(loop: FakeLoop, crowd: Crowd, clients_a_round: int) -> Any:
    job = MainJob(cast(Gateway, loop), cast(LineageWatch, loop), crowd, clients_a_round)
    return job.run(Silent())


def test_nobody_who_is_judged_is_ever_sent(crowd: Crowd) -> None:
    loop = FakeLoop()
    run(loop, crowd, 3)
    assert loop.recorded == [client.id for client in crowd.clients]


def test_every_round_waits_for_its_model_and_the_gain_is_that_of_the_unseen(crowd: Crowd) -> None:
    outcome = run(FakeLoop(), crowd, 3)
    assert (outcome.first_version, outcome.served.version) == (1, 3)  # 7 clients are two rounds of 3 and 4
    assert (outcome.before.top1, outcome.after.top1, outcome.after.swipes) == (0.0, 100.0, 3)
    assert (outcome.swipes, outcome.deltas) == (14, 6)
    assert [version for version, _ in outcome.curve] == [1, 2, 3]


def test_the_report_holds_the_documented_figures(crowd: Crowd) -> None:
    report = Report(run(FakeLoop(), crowd, 3), 0.9, "native, k", "native, m", "s3://fedswipe/x", 12.0, 100.0)
    figures = report.as_json()
    assert figures.keys() >= DOCUMENTED
    assert figures["model"] == {"uri": "s3://fedswipe/x", "sha256": "hash of 3"}
    assert (figures["models"], figures["top1_after"]) == (2, 100.0)


def test_top3_counts_the_first_three_words() -> None:
    class Ranked(FakeLoop):
        def predict(self, swipes: Sequence[LabelledGesture], words: int) -> list[list[str]]:
            return [["a", "b", swipe.word] for swipe in swipes]

    found = judge(cast(Gateway, Ranked()), [LabelledGesture("hello", DOT)] * 120)
    assert (found.top1, found.top3, found.swipes) == (0.0, 100.0, 120)
