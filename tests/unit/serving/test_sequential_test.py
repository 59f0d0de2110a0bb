from collections import Counter

import numpy as np
import pytest

from fedswipe.serving.sequential_test import LEAST, MARGIN, MOST, Counts, Verdict, log_ratio, verdict

RUNS = 100
STABLE, WORSE = 0.80, 0.77
LOOK = 5  # canary swipes between two looks


def run(seed: int, stable: float, canary: float, share: float) -> tuple[Verdict, int]:
    """Swipes until the first decision, looked at again and again; the verdict and the canary's swipes."""
    random, others = np.random.default_rng(seed), round(LOOK / share) - LOOK
    judged = right = judged_canary = right_canary = 0
    while (said := verdict(Counts(judged, right), Counts(judged_canary, right_canary))) is Verdict.CONTINUE:
        judged, right = judged + others, right + int(random.binomial(others, stable))
        judged_canary += LOOK
        right_canary += int(random.binomial(LOOK, canary))
    return said, judged_canary


def verdicts(stable: float, canary: float, share: float) -> Counter[Verdict]:
    runs = [run(seed, stable, canary, share) for seed in range(RUNS)]
    assert all(judged <= MOST for _, judged in runs)
    return Counter(said for said, _ in runs)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_canary_that_is_three_points_worse_is_aborted(share: float) -> None:
    assert verdicts(STABLE, WORSE, share)[Verdict.WORSE] >= 95


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_an_equal_canary_is_left_alone(share: float) -> None:
    found = verdicts(STABLE, STABLE, share)
    assert found[Verdict.WORSE] <= 5
    assert found[Verdict.NOT_WORSE] >= 95


def test_a_better_canary_passes_and_a_broken_one_is_aborted_soon() -> None:
    assert verdicts(STABLE, 0.82, 0.1)[Verdict.NOT_WORSE] == RUNS
    broken = [run(seed, STABLE, 0.4, 0.1) for seed in range(RUNS)]
    assert {said for said, _ in broken} == {Verdict.WORSE}
    assert max(judged for _, judged in broken) <= LEAST + LOOK


def test_nothing_is_decided_before_there_is_some_evidence_of_both() -> None:
    assert verdict(Counts(0, 0), Counts(0, 0)) is Verdict.CONTINUE
    assert verdict(Counts(100_000, 80_000), Counts(LEAST - 1, 0)) is Verdict.CONTINUE
    assert verdict(Counts(LEAST - 1, LEAST - 1), Counts(10_000, 0)) is Verdict.CONTINUE
    assert verdict(Counts(LEAST, LEAST), Counts(LEAST, LEAST)) is Verdict.CONTINUE, "all alike say nothing"


def test_between_equal_and_worse_the_test_ends_undecided() -> None:
    half = MARGIN / 2
    right = round(MOST * (STABLE - half))
    said = verdict(Counts(MOST * 9, round(MOST * 9 * STABLE)), Counts(MOST, right))
    assert said is Verdict.UNDECIDED


def test_evidence_grows_with_swipes_and_turns_with_the_sign() -> None:
    worse = [log_ratio(Counts(9 * n, 72 * n // 10), Counts(n, 7 * n // 10)) for n in (1_000, 2_000)]
    assert 0 < worse[0] < worse[1]
    assert log_ratio(Counts(9_000, 7_200), Counts(1_000, 900)) < 0
