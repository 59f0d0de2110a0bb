"""A window's running sum. What it computes is `fixed_point` and `aggregation`, bit for bit; how is for speed.

Whole numbers up to 2^53 are exact in float64, so as long as every sum provably stays there, float64's vector
instructions give the integers' own results, several times faster. Where it might not, the integers are used.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedswipe.events import DeltaCodec
from fedswipe.learning.aggregation import Sum, empty, fold
from fedswipe.learning.delta import view_delta
from fedswipe.learning.fixed_point import NORM_BITS, squared_norm, squared_norm_limit
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.scaled import Sizes
from fedswipe.learning.verdict import Verdict

EXACT = 2.0**53  # float64 holds every whole number up to here
BLOCK = 8_192  # numbers whose squares are summed at once; one more bit of each would still be exact
SIGN_AND_NUMBER = np.int32(0x8FFF_E000 - 2**32)  # of an fp16 number that was shifted left by 13
BITS_OF = {2: ("<u2", 0x7FFF), 4: ("<u4", 0x7FFF_FFFF)}  # a number's bits without its sign, by its bytes


class Folding:
    """Takes a window's deltas, of tensors of these sizes, one by one: `judge`, then `add` when it counts."""

    def __init__(self, recipe: Recipe, sizes: Sizes) -> None:
        size = sum(sizes)
        self.count = 0
        self._recipe = recipe
        self._sizes = sizes
        self._sum = empty(size)
        self._recent = np.zeros(size)  # what is not in the integers yet
        self._bound = 0.0  # no number of it is larger
        self._values = np.empty(size)  # of the delta that was judged last, whole numbers
        self._largest = 0.0  # none of them is larger
        self._scratch = np.empty(size)
        self._moved = np.empty(size, np.int32)

    @property
    def sum(self) -> Sum:
        """Return the exact sum of what was added; later additions change it."""
        self._settle()
        return self._sum

    def judge(self, payload: bytes, codec: DeltaCodec) -> Verdict | None:
        """Say why these numbers may not count, or None. Raises InvalidMessage (`misshapen`)."""
        recipe, values = self._recipe, view_delta(payload, codec, self._sizes)
        largest = _largest(values)  # NaN and infinity come out on top
        if not np.isfinite(largest):
            return Verdict.NOT_FINITE
        if largest > recipe.max_value:
            return Verdict.OVER_RANGE
        self._largest = float(np.ceil(np.ldexp(float(largest), recipe.scale_bits)))
        self._quantize(values)
        return Verdict.OVER_NORM if self._over_norm() else None

    def add(self, weight: int) -> None:
        """Add the delta that was judged last, this many times."""
        largest = self._largest
        self.count += 1
        if largest * weight > EXACT:
            self._sum = fold(self._sum, self._values.astype(np.int64), weight)
            return
        if self._bound + largest * weight > EXACT:
            self._settle()
        np.multiply(self._values, float(weight), out=self._scratch)
        np.add(self._recent, self._scratch, out=self._recent)
        self._bound += largest * weight
        self._sum = Sum(self._sum.total, self._sum.weight + weight, self.count)

    def _quantize(self, values: NDArray[np.floating[Any]]) -> None:
        """As `fixed_point.quantize`, into `_values`: float64 holds each of these whole numbers too.

        An fp16 number's bits, moved to where float32 has its own, are that number times 2^-112: the library's
        own conversion takes up to forty times as long, on the many numbers below 2^-14 that deltas have.
        """
        bits = self._recipe.scale_bits
        if values.dtype.itemsize == 2:
            np.copyto(self._moved, values.view("<i2"))
            np.left_shift(self._moved, 13, out=self._moved)
            np.bitwise_and(self._moved, SIGN_AND_NUMBER, out=self._moved)
            values, bits = self._moved.view(np.float32), bits + 112
        np.multiply(values, 2.0**bits, out=self._values, dtype=np.float64)
        np.rint(self._values, out=self._values)

    def _settle(self) -> None:
        np.add(self._sum.total, self._recent.astype(np.int64), out=self._sum.total)
        self._recent.fill(0.0)
        self._bound = 0.0

    def _over_norm(self) -> bool:
        limit, coarser = squared_norm_limit(self._recipe.max_norm), NORM_BITS - self._recipe.scale_bits
        largest = int(np.ceil(np.ldexp(self._largest, coarser))) + 1
        return largest * largest * len(self._values) > limit and self._squared_norm() > limit

    def _squared_norm(self) -> int:
        """As `fixed_point.squared_norm`: the squares of a block, and so their sum, stay below 2^53."""
        coarser = 2.0 ** (NORM_BITS - self._recipe.scale_bits)
        if (self._largest * coarser + 1) ** 2 * BLOCK > EXACT:
            return squared_norm(self._values.astype(np.int64), self._recipe.scale_bits)
        np.multiply(self._values, coarser, out=self._scratch)
        np.floor(self._scratch, out=self._scratch)
        blocks = (self._scratch[start : start + BLOCK] for start in range(0, len(self._scratch), BLOCK))
        return sum(int(np.dot(block, block)) for block in blocks)


def _largest(values: NDArray[np.floating[Any]]) -> np.float32:
    """Return the largest magnitude: IEEE numbers without sign are ordered as their bits are."""
    kind, without_sign = BITS_OF[values.dtype.itemsize]
    bits = np.bitwise_and(values.view(kind), values.view(kind).dtype.type(without_sign)).max(initial=0)
    return np.float32(bits.view(values.dtype))
