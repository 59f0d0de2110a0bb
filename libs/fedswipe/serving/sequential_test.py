"""Is a canary worse? A sequential test on right and wrong first words, that may be asked after every swipe.

Wald's sequential probability ratio test (A. Wald, Sequential Tests of Statistical Hypotheses, Annals of
Mathematical Statistics 16, 1945) of "the canary's share of right words is MARGIN lower" against "it is as
high". The two shares enter by the score statistic of their difference and its information, which grow like
a Brownian motion and its time (J. Whitehead, The Design and Analysis of Sequential Clinical Trials, 2nd
edition, 1997, chapter 3), so any split of the swipes between the two will do. Pure.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

MARGIN = 0.03  # three points of top-1
FALSE_ABORT = 0.01  # at most so often is an equal canary aborted, however often it is looked at
MISSED = 0.01  # at most so often does one that is MARGIN worse pass
LEAST = 200  # judged swipes of each, before which nothing is decided: the approximation needs some
MOST = 20_000  # judged swipes of the canary, at which the test ends undecided


class Verdict(StrEnum):
    """What the evidence says."""

    CONTINUE = "continue"
    WORSE = "worse"
    NOT_WORSE = "not worse"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Counts:
    """Judged swipes of a version, and how many of them had their word first."""

    judged: int
    right: int


def log_ratio(stable: Counts, canary: Counts) -> float:
    """Return the log of how much likelier these counts are if the canary is MARGIN worse than if it is equal.

    0 where one of them has no swipe, or all swipes are alike.
    """
    judged = stable.judged + canary.judged
    share = (stable.right + canary.right) / judged if judged else 0.0
    variance = share * (1.0 - share)
    if variance == 0.0 or not stable.judged or not canary.judged:
        return 0.0
    information = stable.judged * canary.judged / judged / variance
    worse_by = stable.right / stable.judged - canary.right / canary.judged
    return MARGIN * information * (worse_by - MARGIN / 2.0)


def verdict(stable: Counts, canary: Counts) -> Verdict:
    """Decide by all that has been judged; a decision stands: whoever has one asks no further."""
    if min(stable.judged, canary.judged) < LEAST:
        return Verdict.CONTINUE
    ratio = log_ratio(stable, canary)
    if ratio >= -math.log(FALSE_ABORT):
        return Verdict.WORSE
    if ratio <= math.log(MISSED):
        return Verdict.NOT_WORSE
    return Verdict.CONTINUE if canary.judged < MOST else Verdict.UNDECIDED
