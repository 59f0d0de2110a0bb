"""A whole run: the cast, the crowd, the faults of a schedule, the end of all work, the proof."""

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from fedswipe.testing.chaos.cast import Cast, running_cast
from fedswipe.testing.chaos.crashes import Ended, assignments, ends_of
from fedswipe.testing.chaos.crowd import Pace, Sent, senders
from fedswipe.testing.chaos.faults import Faults, Say, Struck, strands
from fedswipe.testing.chaos.people import a_swipe
from fedswipe.testing.chaos.prober import Failure, Prober, inexcusable
from fedswipe.testing.chaos.proof import Proof, prove
from fedswipe.testing.chaos.schedule import counts, schedule
from fedswipe.testing.chaos.slow_clock import slow_clock
from fedswipe.testing.until import until

READY_SECONDS = 240.0
SERVED_SECONDS = 120.0


@dataclass(frozen=True)
class Order:
    """What a run shall be. `rounds`: how often each service is killed; `a_second`: swipes.

    `range_seconds`: how long a trainer collects swipes; the longer, the fewer and larger are the deltas.
    """

    swipes: int
    seed: int
    rounds: int
    a_second: float
    range_seconds: float
    drain_seconds: float

    @property
    def seconds(self) -> float:
        """Return how long the sending takes when nothing holds it up."""
        return self.swipes / self.a_second


@dataclass(frozen=True)
class Outcome:
    """What a run did. Times are seconds; `phases` has those of sending, draining and proving."""

    order: Order
    sent: Sent
    struck: tuple[Struck, ...]
    ended: tuple[Ended, ...]
    assignments: Mapping[str, int]
    slow_clock: bool
    probes: int
    failures: tuple[Failure, ...]
    inexcusable: tuple[Failure, ...]
    unfinished: str | None
    proof: Proof
    phases: Mapping[str, float]

    @property
    def broken(self) -> tuple[str, ...]:
        """Everything that went wrong and may not; empty after a good run."""
        return (
            *([self.unfinished] if self.unfinished else []),
            *self.proof.broken,
            *(f"{struck.fault}: {struck.failure}" for struck in self.struck if struck.failure),
            *(
                f"{end.name} ended by itself, status {end.status}:\n{end.log}"
                for end in self.ended
                if not end.cause
            ),
            *(f"a prediction failed with the predictor up: {f.what}" for f in self.inexcusable),
        )


def run_chaos(order: Order, folder: Path, say: Say) -> Outcome:
    """Run it in `folder`, which keeps logs and data. Raises what breaks the bench itself."""
    clock = slow_clock(folder)
    if clock is None:
        say("no C compiler `cc`: NO ingest runs with a slow clock in this run")
    settings = {"TRAINER_RANGE_SECONDS": str(order.range_seconds)}
    with running_cast(folder, settings, clock) as cast:
        since, began = time.time(), time.monotonic()
        say(f"seed {order.seed}: {order.swipes:,} swipes, {order.a_second:g} a second, with these faults:")
        with _probing(cast) as probing:
            sent, struck = _under_faults(order, cast, say)
            sending = time.monotonic()
            unfinished = _drain(cast, order.drain_seconds, say)
        drained = time.monotonic()
        proof = prove(cast.loop, sent, since)
        failures = tuple(probing.failures)
        return Outcome(
            order=order,
            sent=sent,
            struck=tuple(struck),
            ended=tuple(ends_of(cast.actors.values(), began)),
            assignments=assignments(cast.folder),
            slow_clock=clock is not None,
            probes=probing.requests,
            failures=failures,
            inexcusable=tuple(inexcusable(failures, cast.actors["predictor"].outages)),
            unfinished=unfinished,
            proof=proof,
            phases={
                "sending": sending - began,
                "draining": drained - sending,
                "proving": time.monotonic() - drained,
            },
        )


def _under_faults(order: Order, cast: Cast, say: Say) -> tuple[Sent, list[Struck]]:
    """Type until every fault has struck and there are enough swipes; whatever breaks ends both."""
    ending, enough = threading.Event(), threading.Event()
    pace = Pace(order.swipes, order.a_second, enough, ending)
    people = senders(cast.loop.lineage, cast.ingests, pace, order.seed)
    targets = strands(schedule(order.seed, order.seconds, counts(order.rounds)))
    faults = Faults(cast, say, ending)
    with ThreadPoolExecutor(len(people) + len(targets)) as threads:
        typing = [threads.submit(sender.run) for sender in people]
        striking = [threads.submit(faults.carry_out, target) for target in targets]
        everything: list[Future[Any]] = [*typing, *striking]
        for future in everything:
            future.add_done_callback(lambda done: ending.set() if done.exception() else None)
        try:
            struck = [one for future in striking for one in future.result()]
            enough.set()
            return reduce(add, (future.result() for future in typing)), sorted(struck, key=_began)
        finally:
            ending.set()


def _began(struck: Struck) -> float:
    return struck.began


def _drain(cast: Cast, seconds: float, say: Say) -> str | None:
    """Wait until everyone is ready and nothing is left to do; return what did not come in time."""
    loop, idle = cast.loop, threading.Event()
    try:
        cast.wait_ready(READY_SECONDS)
        say(f"all is sent, every fault is over; {loop.untrained:,} swipes are still to be trained")
        until(lambda: not idle.wait(1) and loop.untrained == 0, "every swipe is trained", seconds)
        until(lambda: not idle.wait(1) and loop.unfolded == 0, "every delta is folded", seconds)
        loop.wait_served(SERVED_SECONDS)
    except AssertionError as error:
        return f"the loop did not come to rest: {error}"
    return None


@contextmanager
def _probing(cast: Cast) -> Iterator[Prober]:
    prober = Prober(cast.actors["predictor"].url, a_swipe(cast.loop.lineage))
    thread = threading.Thread(target=prober.run, name="prober", daemon=True)
    thread.start()
    try:
        yield prober
    finally:
        prober.stop()
        thread.join()
