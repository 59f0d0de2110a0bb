"""A sum of weighted deltas that is `aggregation`'s, bit for bit, and made faster.

Whole numbers up to 2^53 are exact in float64, so as long as every sum provably stays there, float64's vector
instructions give the integers' own results, several times faster. Where it might not, the integers are used.
"""

import numpy as np
from numpy.typing import NDArray

from fedswipe.learning.aggregation import Sum, empty, fold

EXACT = 2.0**53  # float64 holds every whole number up to here


class RunningSum:
    """Adds up deltas of `size` whole numbers. It takes the memory of three models, whatever it adds."""

    def __init__(self, size: int) -> None:
        self._sum = empty(size)
        self._recent = np.zeros(size)  # what is not in the integers yet
        self._bound = 0.0  # no number of it is larger
        self._scratch = np.empty(size)

    def add(self, values: NDArray[np.float64], largest: float, weight: int) -> None:
        """Add whole numbers (size,), none farther from 0 than `largest`, this many times."""
        if largest * weight > EXACT:
            self._sum = fold(self._sum, values.astype(np.int64), weight)
            return
        if self._bound + largest * weight > EXACT:
            self._settle()
        np.multiply(values, float(weight), out=self._scratch)
        np.add(self._recent, self._scratch, out=self._recent)
        self._bound += largest * weight
        self._sum = Sum(self._sum.total, self._sum.weight + weight, self._sum.count + 1)

    @property
    def sum(self) -> Sum:
        """Return the exact sum of what was added; later additions change it."""
        self._settle()
        return self._sum

    def _settle(self) -> None:
        np.add(self._sum.total, self._recent.astype(np.int64), out=self._sum.total)
        self._recent.fill(0.0)
        self._bound = 0.0
