"""Whole numbers from the discrete Gaussian, the same bits on every machine.

Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy", arXiv 2004.00010: rejection
from a discrete Laplace of the same scale, vectorised. A proposal x = u + sigma v, with u uniform on
0 .. sigma - 1, v geometric (P(v >= k) = e^-k) and a random sign, is kept with the chance
exp(-(x^2 / (2 sigma^2) - v + 1/2)).

Chances are whole multiples of 2^-64, rounded down. float64 only decides what is MARGIN away from its
threshold, much farther than any library's error; the few that are nearer are decided by decimal arithmetic,
whose last digit is defined. So no library's `exp` can change a bit. What the 2^-64 adds: the distance from
the exact distribution is below 2^-56 a number, so below 2^-38 for a model of 2^18: that much a window adds to
an (epsilon, delta) statement's delta, times 1 + e^epsilon.
"""

from decimal import ROUND_FLOOR, Context, Decimal
from functools import cache

import numpy as np
from numpy.typing import NDArray

from fedswipe.learning.fixed_point import Fixed
from fedswipe.learning.keystream import Words, words

WORD = 2**64
EXACT = Context(prec=60, rounding=ROUND_FLOOR)
STEPS = 44  # e^-45 is below 2^-64
LARGEST_SIGMA = 2**54  # (STEPS + 1) sigma stays below 2^60
MARGIN = 2.0**-36  # float64's error of a chance is below 2^-39, see `_kept`
KEPT = 0.45  # of the proposals; the theory says 0.48


def sample(seed: bytes, sigma: int, size: int, margin: float = MARGIN) -> Fixed:
    """Return `size` independent numbers (size,) of mean 0 and parameter `sigma`, 1 .. LARGEST_SIGMA.

    Their variance is sigma^2 (less, by a factor that nobody can measure from sigma = 3 on). None is farther
    from 0 than (STEPS + 1) sigma. A larger `margin` is slower and changes no bit. ValueError for another
    sigma.
    """
    if not 0 < sigma <= LARGEST_SIGMA:
        raise ValueError(f"sigma is {sigma}, must be from 1 to {LARGEST_SIGMA}")
    found: list[Fixed] = []
    missing, turn = size, 0
    while missing > 0:
        found.append(_propose(seed, b"turn %d" % turn, sigma, int(missing / KEPT) + 16, margin)[:missing])
        missing, turn = missing - len(found[-1]), turn + 1
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _propose(seed: bytes, label: bytes, sigma: int, count: int, margin: float) -> Fixed:
    """Return those of `count` proposals that are kept, in their order."""
    uniform, geometric, sign, chance = words(seed, label, 4 * count).reshape(4, count)
    whole = uniform < np.uint64(WORD - 1 - (WORD - 1) % sigma)  # beyond, some remainders are too many
    low = (uniform % np.uint64(sigma)).astype(np.int64)
    high = STEPS - np.searchsorted(_thresholds(), geometric, side="right")
    values = low + sigma * high
    negative = (sign & np.uint64(1)).astype(bool)
    kept = whole & ~(negative & (values == 0)) & _kept(values, high, chance, sigma, margin)
    found: Fixed = np.where(negative, -values, values)[kept]
    return found


def _kept(values: Fixed, high: Fixed, chance: Words, sigma: int, margin: float) -> NDArray[np.bool_]:
    """Tell which proposals are kept: chance < 2^64 exp(-x^2 / (2 sigma^2) + v - 1/2).

    The exponent is at least 0 and, for x below 45 sigma, its error below 2^-40.
    """
    ratio = values / np.float64(sigma)
    above = np.exp(high - 0.5 - ratio * ratio / 2) - np.ldexp(chance.astype(np.float64), -64)
    kept = above > 0
    for at in np.flatnonzero(np.abs(above) <= margin):
        exponent = _exponent(int(values[at]), int(high[at]), sigma)
        kept[at] = int(chance[at]) < _scaled_exp(exponent)
    return kept


def _exponent(value: int, high: int, sigma: int) -> Decimal:
    """Return -x^2 / (2 sigma^2) + v - 1/2."""
    numerator = (2 * high - 1) * sigma * sigma - value * value
    return EXACT.divide(Decimal(numerator), Decimal(2 * sigma * sigma))


def _scaled_exp(exponent: Decimal) -> int:
    """Return 2^64 exp(exponent), rounded down; decimal's exp is correctly rounded by its specification."""
    return int(EXACT.multiply(EXACT.exp(exponent), Decimal(WORD)))


@cache
def _thresholds() -> Words:
    """Return 2^64 e^-k for k = STEPS .. 1 (STEPS,)."""
    return np.array([_scaled_exp(Decimal(-k)) for k in range(STEPS, 0, -1)], np.uint64)
