"""What a delta counts that was trained from an older version: tables of factors in units of 2^-10.

A recipe holds the integers, so whoever replays it needs none of these functions.
"""

from collections.abc import Callable

from fedswipe.learning.recipe import STALENESS_ONE


def constant(bound: int) -> tuple[int, ...]:
    """Return 1 up to `bound` versions of age (FedAsync; Xie et al., arXiv 1903.03934)."""
    return _table(bound, lambda age: 1.0)


def polynomial(bound: int, a: float) -> tuple[int, ...]:
    """Return (1 + age)^-a; with a = 0.5 FedBuff's (Nguyen et al., arXiv 2106.06639; FedAsync has both)."""
    return _table(bound, lambda age: (1.0 + age) ** -a)


def hinge(bound: int, a: float, b: float) -> tuple[int, ...]:
    """Return 1 up to age b, then 1 / (a (age - b) + 1) (FedAsync)."""
    return _table(bound, lambda age: 1.0 if age <= b else 1.0 / (a * (age - b) + 1.0))


def _table(bound: int, factor: Callable[[int], float]) -> tuple[int, ...]:
    return tuple(max(1, round(STALENESS_ONE * factor(age))) for age in range(bound + 1))
