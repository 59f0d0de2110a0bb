"""The loop that a module's tests share: small windows and ranges, and short session time-outs."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedswipe.local.choose import decide
from fedswipe.testing.running_loop import RunningLoop, running_loop
from fedswipe.topology import LINEAGES

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {
    "FEDSWIPE_KAFKA_SESSION_TIMEOUT_MS": "6000",  # how long a killed service keeps its partitions
    "TRAINER_RANGE_SECONDS": "0.5",
    "AGGREGATOR_DELTAS": "4",
    "AGGREGATOR_SECONDS": "3",
}


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLoop]:
    """The loop as processes; with STACK=containers all of it as docker-compose.yml runs it."""
    if os.environ.get("STACK") == "containers" and (engine := decide(os.environ).engine):
        from fedswipe.testing.compose_loop import compose_loop

        with compose_loop(ROOT, LINEAGES[0], engine, SETTINGS) as running:
            yield running
    else:
        with running_loop(tmp_path_factory.mktemp("loop"), LINEAGES[0], SETTINGS) as running:
            yield running
