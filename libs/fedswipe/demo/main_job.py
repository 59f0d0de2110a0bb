"""The main job: real swipes in, a better model out, seen only through HTTP and the lineage's topic."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import tenacity

from fedswipe.demo.crowd import Client, Crowd
from fedswipe.demo.gateway import Gateway, Served
from fedswipe.demo.judge import Accuracy, judge
from fedswipe.demo.lineage_watch import LineageWatch
from fedswipe.swipe.gesture import LabelledGesture

MODEL_SECONDS = 180.0  # a round's model must be there by then
SERVE_SECONDS = 30.0
SAMPLE = 1_000  # swipes that every version is judged on while the loop runs


class Progress(Protocol):
    """Shows how far a phase is."""

    def phase(self, title: str, total: int) -> "Phase":
        """Begin a phase of `total` steps."""
        ...


class Phase(Protocol):
    """One phase's bar."""

    def __call__(self, steps: int, note: str = "") -> None:
        """Go on by some steps."""
        ...


@dataclass
class Outcome:
    """What the job saw. `curve` holds (version, accuracy on the sample) of every version it met."""

    crowd: Crowd
    before: Accuracy
    after: Accuracy
    first_version: int
    served: Served
    swipes: int
    deltas: int
    curve: list[tuple[int, Accuracy]]
    seconds: dict[str, float] = field(default_factory=dict)


class MainJob:
    """Streams a crowd's swipes round by round; every round's deltas fill a window of the aggregator."""

    def __init__(self, gateway: Gateway, watch: LineageWatch, crowd: Crowd, clients_a_round: int) -> None:
        self._gateway = gateway
        self._watch = watch
        self._crowd = crowd
        self._rounds = list(_rounds(crowd.clients, clients_a_round))
        self._seconds: dict[str, float] = {}

    def run(self, progress: Progress) -> Outcome:
        """Judge, stream and train, judge again. FedswipeError says what stood still."""
        unseen = self._crowd.unseen_swipes
        first = self._gateway.served()
        with self._timed("judge before"):
            before = judge(
                self._gateway, unseen, progress.phase("words before, for people never sent", len(unseen))
            )
        curve = [(first.version, judge(self._gateway, self._sample(unseen)))]
        sent = self._stream(curve, unseen, progress.phase("swipes in, models out", len(self._crowd.clients)))
        with self._timed("judge after"):
            after = judge(self._gateway, unseen, progress.phase("words after", len(unseen)))
        served = self._gateway.served()
        new = [self._watch.event(version) for version in range(first.version + 1, served.version + 1)]
        deltas = sum(event.folded for event in new)
        return Outcome(
            self._crowd, before, after, first.version, served, sent, deltas, curve, self._seconds
        )  # fmt: skip

    def _stream(
        self, curve: list[tuple[int, Accuracy]], unseen: Sequence[LabelledGesture], advance: Phase
    ) -> int:
        sent = 0
        for clients in self._rounds:
            version = self._watch.version
            with self._timed("record swipes"):
                sent += self._gateway.record(clients)
                self._gateway.train()
            with self._timed("train and fold"):
                self._watch.wait_for(version + 1, MODEL_SECONDS)
            with self._timed("reload"):
                served = self._wait_served(self._watch.version)
            with self._timed("judge on the way"):
                curve.append((served.version, judge(self._gateway, self._sample(unseen))))
            advance(len(clients), f"version {served.version}, top-1 {curve[-1][1].top1:.1f} %")
        return sent

    def _wait_served(self, version: int) -> Served:
        """Ask until the predictor answers with this version or a newer one."""
        return tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda served: served.version < version),
            wait=tenacity.wait_fixed(0.02),
            stop=tenacity.stop_after_delay(SERVE_SECONDS),
        )(self._gateway.served)

    def _sample(self, unseen: Sequence[LabelledGesture]) -> Sequence[LabelledGesture]:
        return unseen[:: max(1, len(unseen) // SAMPLE)]

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._seconds[phase] = self._seconds.get(phase, 0.0) + time.monotonic() - start


def _rounds(clients: Sequence[Client], size: int) -> Iterator[Sequence[Client]]:
    """Cut the clients into rounds that each fill a window; too few for a whole one join the last."""
    whole = max(1, len(clients) // size)
    for n in range(whole):
        yield clients[n * size :] if n == whole - 1 else clients[n * size : (n + 1) * size]
