"""A prediction may fail only while the predictor is down."""

import pytest

from fedswipe.testing.chaos.actor import Outage
from fedswipe.testing.chaos.prober import Failure, inexcusable

DOWN = [Outage(10.0, 20.0), Outage(50.0, float("inf"))]


@pytest.mark.parametrize(
    ("start", "end"), [(9.9, 10.0), (12.0, 12.1), (19.9, 20.5), (8.0, 30.0), (70.0, 71.0)]
)
def test_a_failure_that_an_outage_touches_is_excused(start: float, end: float) -> None:
    assert inexcusable([Failure(start, end, "ReadError")], DOWN) == []


@pytest.mark.parametrize(("start", "end"), [(0.0, 9.9), (20.1, 21.0), (30.0, 49.9)])
def test_any_other_failure_is_not(start: float, end: float) -> None:
    failure = Failure(start, end, "503")
    assert inexcusable([failure], DOWN) == [failure]
