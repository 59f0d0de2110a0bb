"""What goes wrong, when and to whom, decided by a seed alone. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.random import Generator

FIRST, LAST = 0.04, 0.9  # the share of the run in which faults begin
SHORTEST, LONGEST = 1.0, 8.0  # seconds that something is down, or that a second instance stays


class Action(StrEnum):
    """What is done to a target."""

    KILL = "kill -9"
    STOP = "stop"
    JOIN = "a second one joins and leaves"
    FREEZE = "freeze until another has taken over"
    FREEZE_OPEN = "freeze inside its transaction until another has taken over"


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: it begins `at` so many seconds after the start, or once its target's last fault is over.

    `seconds`: how long the target is down, or how long both instances run side by side.
    """

    at: float
    target: str
    action: Action
    seconds: float

    def __str__(self) -> str:
        return f"{self.target}: {self.action}, {self.seconds:.1f} s"


Counts = Mapping[str, Mapping[Action, int]]  # by target


def counts(rounds: int) -> Counts:
    """Return how often each fault happens: every service is killed `rounds` times, the rest in proportion."""
    outages = max(1, rounds - 1)
    kills = {Action.KILL: rounds}
    return {
        "ingest": kills,
        "predictor": kills,
        "trainer": {**kills, Action.JOIN: 1, Action.FREEZE_OPEN: 1},
        "aggregator": {**kills, Action.JOIN: 1, Action.FREEZE: 1},
        "kafka": {Action.KILL: outages, Action.STOP: 1},
        "minio": {Action.KILL: outages},
    }


def schedule(seed: int, seconds: float, wanted: Counts) -> tuple[Fault, ...]:
    """Return the faults of a run that lasts so many seconds, by time. Equal arguments, equal faults.

    Each target's faults come in a random order, one in each equal part of the run, at a random moment of it.
    """
    random = np.random.default_rng(seed)
    return tuple(sorted(fault for target in wanted for fault in _of(target, wanted[target], seconds, random)))


def _of(target: str, wanted: Mapping[Action, int], seconds: float, random: Generator) -> Iterator[Fault]:
    actions = [action for action, count in wanted.items() for _ in range(count)]
    part = (LAST - FIRST) * seconds / len(actions)
    for place, row in enumerate(random.permutation(len(actions))):
        at = FIRST * seconds + part * (place + random.uniform())
        yield Fault(round(at, 2), target, actions[row], round(random.uniform(SHORTEST, LONGEST), 2))
