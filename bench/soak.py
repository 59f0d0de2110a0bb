"""The loop at a steady load for minutes: what each service's memory does, and how long a stop takes.

    python bench/soak.py [--minutes 15] [--swipes-a-second 20] [--json FILE]

Starts the whole loop on free ports, sends simulated swipes through ingest and asks the predictor for words,
both at a steady pace. Prints each service's resident memory at the start and the end, and its slope by least
squares after the first three minutes. Ends with status 1 when a slope is 1 MB a minute or more, or a stop is
not clean.
"""

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console
from rich.table import Table

from fedswipe.demo.crowd import Client
from fedswipe.demo.gateway import Gateway
from fedswipe.local.pids import ProcessId
from fedswipe.local.services import SERVICES
from fedswipe.swipe.gesture import LabelledGesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import Typist, simulate_typists
from fedswipe.testing.running_loop import RunningLoop, running_loop
from fedswipe.topology import LINEAGES

LINE = LINEAGES[0]
SETTLING_MINUTES = 3.0
MOST_MB_A_MINUTE = 1.0
LOOK_SECONDS = 5.0
PEOPLE, BATCH = 200, 10
STOP_SECONDS = 10.0
SETTINGS = {"AGGREGATOR_DELTAS": "16", "AGGREGATOR_SECONDS": "10", "TRAINER_RANGE_SECONDS": "5"}


@dataclass
class Memory:
    """A service's resident memory, MB, at moments in minutes since the load began."""

    minutes: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)

    def look(self, at: float, pid: int) -> None:
        """Note what a process uses now."""
        status = Path(f"/proc/{pid}/status").read_text()
        self.minutes.append(at)
        self.megabytes.append(int(status.split("VmRSS:")[1].split()[0]) / 1000)

    @property
    def slope(self) -> float:
        """MB a minute after the settling time, by least squares; 0 where too little was seen."""
        late = np.array(self.minutes) >= SETTLING_MINUTES
        if late.sum() < 2:
            return 0.0
        return float(np.polyfit(np.array(self.minutes)[late], np.array(self.megabytes)[late], 1)[0])


def main() -> int:
    """Run it; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--swipes-a-second", type=float, default=20.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as folder, running_loop(Path(folder), LINE, SETTINGS) as loop:
        memory, sent = soaked(loop, options.minutes, BATCH / options.swipes_a_second)
        stops = {name: stopped(loop, name) for name in SERVICES}
        version = loop.watch.version
    table = Table("service", "MB at the start", "MB at the end", "MB a minute", "stop")
    for name in SERVICES:
        first, last = memory[name].megabytes[0], memory[name].megabytes[-1]
        table.add_row(
            name,
            f"{first:.0f}",
            f"{last:.0f}",
            f"{memory[name].slope:.2f}",
            "{} after {:.1f} s".format(*stops[name]),
        )
    console = Console()
    console.print(table)
    console.print(f"{sent} swipes in {options.minutes:g} min, version {version}")
    if options.json:
        slopes = {name: memory[name].slope for name in SERVICES}
        options.json.write_text(json.dumps({"swipes": sent, "version": version, "mb_a_minute": slopes}))
    steady = all(memory[name].slope < MOST_MB_A_MINUTE for name in SERVICES)
    return 0 if steady and not any(status for status, _ in stops.values()) else 1


def soaked(loop: RunningLoop, minutes: float, pace: float) -> tuple[dict[str, Memory], int]:
    """Send a batch every `pace` seconds for so many minutes; return memory, and how many swipes were sent."""
    gateway = Gateway(loop.urls["ingest"], loop.urls["predictor"], LINE.layout)
    memory = {name: Memory() for name in SERVICES}
    begin, never, sent, looked = time.monotonic(), threading.Event(), 0, -LOOK_SECONDS
    for number, batch in enumerate(batches()):
        now = time.monotonic() - begin
        if now >= 60 * minutes:
            break
        if now - looked >= LOOK_SECONDS:
            looked = now
            for name in SERVICES:
                memory[name].look(now / 60, pid_of(loop, name))
        sent += gateway.record([batch])
        gateway.predict(batch.swipes, 3)
        never.wait(max(0.0, (number + 1) * pace - (time.monotonic() - begin)))  # the pace of the load
    gateway.close()
    return memory, sent


def stopped(loop: RunningLoop, name: str) -> tuple[int, float]:
    """Stop a service; return its exit status and the seconds that it took."""
    before = time.monotonic()
    return loop.services[name].stop(STOP_SECONDS), time.monotonic() - before


def pid_of(loop: RunningLoop, name: str) -> int:
    """Return a service's process id."""
    identity = loop.services[name].id
    assert isinstance(identity, ProcessId), "services of the bench are processes"
    return identity.pid


def batches() -> Iterator[Client]:
    """Yield batches of swipes without end, each under a name of its own, so that none is a repeat."""
    typists = simulate_typists(load_layout(LINE.layout), load_lexicon(LINE.lexicon), PEOPLE, BATCH, seed=7)
    for number, typist in zip(count(), cycle(typists)):
        yield Client(f"{typist.client_id}-{number}", swipes_of(typist))


def swipes_of(typist: Typist) -> tuple[LabelledGesture, ...]:
    """Return what a person swipes, labelled."""
    return tuple(map(LabelledGesture, typist.words, typist.gestures))


if __name__ == "__main__":
    sys.exit(main())
