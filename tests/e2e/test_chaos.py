"""A small run of the chaos bench: every kind of fault once, then the proof. `make chaos` is the large one."""

from collections import Counter
from pathlib import Path

import pytest

from fedswipe.testing.chaos.report import as_json, table, write_json
from fedswipe.testing.chaos.run import Order, run_chaos
from fedswipe.testing.chaos.schedule import counts

ORDER = Order(swipes=3_000, seed=7, rounds=1, a_second=30.0, range_seconds=4.0, drain_seconds=300.0)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]


def test_no_fault_loses_a_swipe_counts_one_twice_or_breaks_the_chain(tmp_path: Path) -> None:
    outcome = run_chaos(ORDER, tmp_path, print)
    assert outcome.broken == ()

    carried_out = Counter((struck.fault.target, struck.fault.action) for struck in outcome.struck)
    assert carried_out == {(t, action): n for t, wanted in counts(1).items() for action, n in wanted.items()}
    figures = as_json(outcome)
    assert figures["acknowledged"] >= ORDER.swipes
    assert figures["trained"] >= figures["acknowledged_with_word"]
    assert figures["audit"] == "proven"
    assert figures["repeats"] > 0, "nothing was sent again"
    assert figures["unanswered"] + figures["unavailable"] > 0, "no fault was felt"
    assert figures["predictions"] > 0
    assert table(outcome).row_count > 0
    write_json(outcome, tmp_path / "report.json")
    assert (tmp_path / "report.json").stat().st_size > 0
