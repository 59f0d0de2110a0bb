"""The loop that the demonstration drives: one that it brings up, or one that runs already."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fedswipe.cli import stack
from fedswipe.cli.prepare import prepare, services
from fedswipe.local.addresses import Addresses
from fedswipe.local.services import SERVICES
from fedswipe.local.state import State, default_folder


@dataclass(frozen=True)
class Loop:
    """Where to find it; `kafka` and `s3` say how they came to be, `goodbye` what to do next."""

    addresses: Addresses
    ingest: str
    predictor: str
    kafka: str
    s3: str
    goodbye: str
    pids: tuple[int, ...] = ()

    @property
    def peak_mb(self) -> float:
        """Return the sum of the services' largest resident sizes in MB; 0 where that is not to be had."""
        files = [Path(f"/proc/{pid}/status") for pid in self.pids]
        lines = [line for file in files if file.exists() for line in file.read_text().splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


def given(ingest: str, predictor: str, environ: Mapping[str, str]) -> Loop:
    """Take services that run, with the Kafka and the store of the environment. StackError without those."""
    addresses = Addresses.from_env(environ)
    kafka, s3 = f"given, {addresses.kafka}", f"given, {addresses.s3.url}"
    goodbye = f"The loop goes on: ingest at {ingest}, predictor at {predictor}."
    return Loop(addresses, ingest, predictor, kafka, s3, goodbye)


def bring_up(folder: Path | None) -> Loop:
    """Start what is not running yet, as `fedswipe up` does."""
    stack.up(prepare, services(), folder=folder)
    state = State.load(folder or default_folder(os.environ))
    parts = {part.name: part for part in state.running}
    how = {name: f"{part.how}, {part.address}" for name, part in parts.items()}
    ingest, predictor = parts["ingest"].address, parts["predictor"].address
    return Loop(
        state.addresses,
        ingest,
        predictor,
        how["kafka"],
        how["s3"],
        _try_it(ingest, predictor),
        tuple(part.process.pid for part in state.running if part.name in SERVICES and part.process),
    )


def _try_it(ingest: str, predictor: str) -> str:
    post = "curl -s -H 'Content-Type: application/json'"
    return (
        "The stack is still up. Try it:\n"
        f"  {post} -d @examples/swipe.json {ingest}/api/v1/swipes\n"
        f"  {post} -d @examples/predict.json {predictor}/api/v1/predict\n"
        "Take it down: make down"
    )
