"""The schedule follows from a seed, and holds every fault as often as it was asked for."""

from collections import Counter

import pytest

from fedswipe.testing.chaos.faults import strands
from fedswipe.testing.chaos.schedule import LAST, LONGEST, SHORTEST, Action, counts, schedule

SECONDS = 1000.0
ROUNDS = 3


def test_equal_seeds_give_equal_schedules_and_others_do_not() -> None:
    assert schedule(1, SECONDS, counts(ROUNDS)) == schedule(1, SECONDS, counts(ROUNDS))
    assert schedule(1, SECONDS, counts(ROUNDS)) != schedule(2, SECONDS, counts(ROUNDS))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("rounds", [1, 2, 3, 5])
def test_every_fault_happens_as_often_as_it_was_asked_for(seed: int, rounds: int) -> None:
    found = Counter((fault.target, fault.action) for fault in schedule(seed, SECONDS, counts(rounds)))
    assert found == {(t, action): n for t, wanted in counts(rounds).items() for action, n in wanted.items()}


def test_the_full_run_holds_what_is_promised() -> None:
    found = Counter((fault.target, fault.action) for fault in schedule(1, SECONDS, counts(3)))
    for service in ("ingest", "trainer", "aggregator", "predictor"):
        assert found[service, Action.KILL] >= 3
    assert found["kafka", Action.KILL] == found["minio", Action.KILL] == 2
    assert found["kafka", Action.STOP] == 1
    assert found["trainer", Action.JOIN] == found["aggregator", Action.JOIN] == 1
    assert found["trainer", Action.FREEZE_OPEN] == found["aggregator", Action.FREEZE] == 1


@pytest.mark.parametrize("seed", range(20))
def test_faults_lie_within_the_run_and_are_in_order(seed: int) -> None:
    faults = schedule(seed, SECONDS, counts(ROUNDS))
    assert list(faults) == sorted(faults)
    assert all(0 < fault.at <= LAST * SECONDS for fault in faults)
    assert all(SHORTEST <= fault.seconds <= LONGEST for fault in faults)


def test_a_targets_faults_stay_together_and_in_order() -> None:
    faults = schedule(3, SECONDS, counts(ROUNDS))
    by_target = strands(faults)
    assert sorted(fault for strand in by_target for fault in strand) == sorted(faults)
    for strand in by_target:
        assert len({fault.target for fault in strand}) == 1
        assert strand == sorted(strand)
