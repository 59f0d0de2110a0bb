"""How each fault of the schedule is carried out on the running cast."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fedswipe.errors import FedswipeError
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.testing.chaos.actor import Actor
from fedswipe.testing.chaos.cast import Cast
from fedswipe.testing.chaos.open_transaction import OpenTransactions
from fedswipe.testing.chaos.schedule import Action, Fault
from fedswipe.testing.until import until
from fedswipe.topology import SWIPES, TRAINERS

LOG_SECONDS = 0.25  # between two looks at the group
PATIENCE = 240.0  # seconds; reached only by a failure
SLICE_SECONDS = 0.002  # a transaction takes several round trips, so few begin and end within a slice
NOTICED_SECONDS = 0.2  # a frozen process's transaction that is still open by then stays so

Say = Callable[[str], None]


@dataclass(frozen=True)
class Struck:
    """A fault that happened: from when to when, in seconds since the start; `failure` if it did not work."""

    fault: Fault
    began: float
    ended: float
    failure: str | None = None


class Faults:
    """Carries faults out; those of one target follow each other in a thread, targets do not wait."""

    def __init__(self, cast: Cast, say: Say, ending: threading.Event) -> None:
        self._cast = cast
        self._say = say
        self._ending = ending
        self._began = time.monotonic()

    def carry_out(self, faults: Sequence[Fault]) -> list[Struck]:
        """Carry out one target's faults, in order; those after a failure are tried too."""
        struck = []
        for fault in faults:
            if self._ending.wait(max(0.0, fault.at - self._now())):
                break
            began, failure = self._now(), None
            self._say(f"{began:7.1f} s  {fault}")
            try:
                self._strike(fault)
            except (AssertionError, FedswipeError) as error:
                failure = f"{type(error).__name__}: {error}"
            struck.append(Struck(fault, began, self._now(), failure))
            self._say(f"{self._now():7.1f} s  {fault.target}: {failure or 'goes on'}")
        return struck

    def _strike(self, fault: Fault) -> None:
        match fault.target, fault.action:
            case ("kafka" | "minio") as name, Action.KILL | Action.STOP:
                self._server(name, fault)
            case name, Action.KILL:
                self._kill(self._cast.actors[name], fault.seconds)
            case name, Action.JOIN:
                self._join(self._cast.actors[f"{name}-2"], fault.seconds)
            case "aggregator", Action.FREEZE:
                self._zombie(fault.seconds)
            case "trainer", Action.FREEZE_OPEN:
                self._freeze_in_transaction(fault.seconds)
            case _:
                raise FedswipeError(f"{fault}: nobody knows how")

    def _server(self, name: str, fault: Fault) -> None:
        stack = self._cast.loop.stack
        server = (stack.broker if name == "kafka" else stack.store).instance
        if server is None:
            raise FedswipeError(f"{fault}: {name} was not started here")
        if fault.action is Action.KILL:
            server.kill()
        else:
            server.stop(grace=60.0)
        self._ending.wait(fault.seconds)
        server.restart()

    def _kill(self, actor: Actor, seconds: float) -> None:
        actor.kill()
        self._ending.wait(seconds)
        actor.start()
        until(lambda: actor.ready, f"{actor.name} is ready again", PATIENCE)

    def _join(self, second: Actor, seconds: float) -> None:
        second.start()
        until(lambda: second.ready, f"{second.name} is ready", PATIENCE)
        self._ending.wait(seconds)
        second.stop()

    def _zombie(self, seconds: float) -> None:
        """Freeze the owner between a model's content and its link; wake it once the other has published."""
        first, second = self._cast.actors["aggregator"], self._cast.actors["aggregator-2"]
        known = self._cast.models
        until(lambda: first.ready and self._cast.models > known, "a model is put into the store", PATIENCE)
        assert first.freeze(), f"{first.name} is down"
        version = self._cast.loop.watch.version
        try:
            second.start()
            # The frozen one may have sent one link before.
            until(lambda: self._cast.loop.watch.version >= version + 2, "the other one publishes", PATIENCE)
        finally:
            first.thaw()
        self._leave(second, seconds)

    def _freeze_in_transaction(self, seconds: float) -> None:
        """Freeze the trainer with its transaction open; wake it once that was aborted and another commits."""
        first, second = self._cast.actors["trainer"], self._cast.actors["trainer-2"]
        with OpenTransactions(self._cast.loop.kafka, self._cast.loop.lineage) as transactions:
            self._catch(first, transactions)
            try:
                second.start()
                until(transactions.none, "the frozen one's transaction is aborted", PATIENCE)
                before = until(self._committed, "committed offsets", PATIENCE, LOG_SECONDS)
                until(lambda: self._committed() > before, "the other one commits", PATIENCE, LOG_SECONDS)
            finally:
                first.thaw()
        self._leave(second, seconds)

    def _catch(self, actor: Actor, transactions: OpenTransactions) -> None:
        """Leave it frozen with its transaction open: it runs in short slices, and is looked at between them.

        To freeze it on seeing a transaction would be too late: one is over within some milliseconds.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if actor.ready and actor.freeze():
                if transactions.some() and not self._ending.wait(NOTICED_SECONDS) and transactions.some():
                    return
                actor.thaw()
            self._ending.wait(SLICE_SECONDS)
        raise AssertionError(f"{actor.name} was never caught inside a transaction")

    def _leave(self, second: Actor, seconds: float) -> None:
        until(lambda: second.ready, f"{second.name} is ready", PATIENCE)
        self._ending.wait(seconds)
        second.stop()

    def _committed(self) -> int:
        """Return how many records of the swipes are settled; 0 while nobody answers."""
        try:
            committed = Admin(self._cast.loop.kafka).committed(TRAINERS)
        except BrokerUnavailable:
            return 0
        return sum(offset for (topic, _), offset in committed.items() if topic == SWIPES.name)

    def _now(self) -> float:
        return time.monotonic() - self._began


def strands(faults: Iterable[Fault]) -> list[list[Fault]]:
    """Return the faults of each target, in order."""
    by_target: dict[str, list[Fault]] = {}
    for fault in sorted(faults):
        by_target.setdefault(fault.target, []).append(fault)
    return list(by_target.values())
