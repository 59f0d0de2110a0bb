"""Asks the broker how long the topics are and how far the trainers have come."""

from collections.abc import Callable
from typing import Protocol

from fedswipe.clock import Clock
from fedswipe.events import Event
from fedswipe.topology import SWIPES, TRAIN_REQUESTS, TRAINERS, Group, Topic
from services.ingest.pipeline.board import Board

LAG_EVERY = 3  # looks: a group's positions cost a client of their own


class Broker(Protocol):
    """What is asked; see `kafka.admin.Admin`."""

    def ends(self, topic: Topic[Event]) -> dict[int, int]:
        """Return the offset behind each partition's last record. Raises BrokerUnavailable."""
        ...

    def committed(self, group: Group) -> dict[tuple[str, int], int]:
        """Return a group's committed offset for each partition that has one. Raises BrokerUnavailable."""
        ...


class Counting:
    """One look at a time."""

    def __init__(self, broker: Broker, clock: Clock, board: Board, caught_up: Callable[[], bool]) -> None:
        self._broker = broker
        self._clock = clock
        self._board = board
        self._caught_up = caught_up
        self._looks = 0

    def look(self) -> None:
        """Write what the broker says to the board. Raises BrokerUnavailable."""
        ends = {topic: self._broker.ends(topic) for topic in (SWIPES, TRAIN_REQUESTS)}
        untrained = self._untrained(ends[SWIPES]) if self._looks % LAG_EVERY == 0 else None
        self._looks += 1
        self._board.set_caught_up(caught_up=self._caught_up())
        swipes, requests = (sum(ends[topic].values()) for topic in (SWIPES, TRAIN_REQUESTS))
        self._board.take_counts(self._clock.now(), swipes, requests, untrained)

    def _untrained(self, ends: dict[int, int]) -> int:
        committed = self._broker.committed(TRAINERS)
        return sum(max(0, end - committed.get((SWIPES.name, p), end)) for p, end in ends.items())
