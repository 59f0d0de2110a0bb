import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.pipeline.rate import SECONDS, Rate


def test_before_there_are_two_samples_nothing_grows() -> None:
    rate = Rate()
    assert rate.per_second == 0
    rate.sample(100.0, 1_000_000)
    assert rate.per_second == 0


def test_it_is_the_growth_over_the_last_seconds_alone() -> None:
    rate = Rate()
    for second in range(60):
        rate.sample(float(second), 7 * min(second, 30))
    assert rate.per_second == 0
    rate.sample(60.0, 7 * 30 + 20)
    assert rate.per_second == pytest.approx(20 / SECONDS)


@given(st.lists(st.tuples(st.floats(0.1, 5), st.integers(0, 1000)), min_size=1, max_size=200))
def test_it_never_falls_below_zero_and_keeps_little(steps: list[tuple[float, int]]) -> None:
    rate, at, total = Rate(), 0.0, 0
    for seconds, more in steps:
        at, total = at + seconds, total + more
        rate.sample(at, total)
        assert rate.per_second >= 0
    assert len(rate._samples) <= SECONDS / 0.1 + 1
