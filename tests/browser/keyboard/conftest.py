"""One loop for every module here: its models never change, so no test notices what another one did."""

from collections.abc import Iterator

import pytest

from fedswipe.testing.running_loop import RunningLoop, running_loop
from fedswipe.topology import LINEAGES

NEVER = {"AGGREGATOR_DELTAS": "1000", "AGGREGATOR_SECONDS": "86400"}  # or at 1,000 records


@pytest.fixture(scope="package")
def loop(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLoop]:
    english, *others = LINEAGES
    with running_loop(tmp_path_factory.mktemp("loop"), english, NEVER, also=others) as running:
        yield running
