"""The loop that a module's tests share: small windows and ranges, and short session time-outs."""

from collections.abc import Iterator

import pytest

from fedswipe.testing.running_loop import RunningLoop, running_loop
from fedswipe.topology import LINEAGES

SETTINGS = {
    "FEDSWIPE_KAFKA_SESSION_TIMEOUT_MS": "6000",  # how long a killed service keeps its partitions
    "TRAINER_RANGE_SECONDS": "0.5",
    "AGGREGATOR_DELTAS": "4",
    "AGGREGATOR_SECONDS": "3",
}


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLoop]:
    with running_loop(tmp_path_factory.mktemp("loop"), LINEAGES[0], SETTINGS) as running:
        yield running
