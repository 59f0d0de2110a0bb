"""The loop that the demonstration drives: one that it brings up, or one that runs already."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fedswipe.cli import stack
from fedswipe.cli.known_lineage import known_lineage
from fedswipe.cli.prepare import predictor_of, prepare, services, wiring
from fedswipe.local.addresses import Addresses
from fedswipe.local.services import SERVICES, service_of
from fedswipe.local.state import State, default_folder
from fedswipe.topology import LINEAGES

EXAMPLES = LINEAGES[0]  # whose swipes the files of examples/ are


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


def bring_up(folder: Path | None, model: str) -> Loop:
    """Start what is not running yet, as `fedswipe up --model` does."""
    stack.up(prepare, services([model]), wiring, folder=folder)
    state = State.load(folder or default_folder(os.environ))
    parts = {part.name: part for part in state.running}
    how = {name: f"{part.how}, {part.address}" for name, part in parts.items()}
    ingest, predictor = parts["ingest"].address, parts[predictor_of(model)].address
    return Loop(
        state.addresses,
        ingest,
        predictor,
        how["kafka"],
        how["s3"],
        _try_it(ingest, predictor) if known_lineage(model) == EXAMPLES else _up(ingest, predictor),
        tuple(p.process.pid for p in state.running if service_of(p.name) in SERVICES and p.process),
    )


def _up(ingest: str, predictor: str) -> str:
    return (
        f"The stack is still up. Swipe and watch: {ingest}/ (predictor at {predictor})\n"
        "Take it down: make down"
    )


def _try_it(ingest: str, predictor: str) -> str:
    post = "curl -s -H 'Content-Type: application/json'"
    return (
        f"The stack is still up. Swipe and watch: {ingest}/\n"
        "Or send a swipe, and have one read:\n"
        f"  {post} -d @examples/swipe.json {ingest}/api/v1/swipes\n"
        f"  {post} -d @examples/predict.json {predictor}/api/v1/predict\n"
        "Take it down: make down"
    )
