"""Judges a window's deltas and hands those that count to its rule. `fixed_point` says what is computed.

Numbers here are whole ones in float64, whose vector instructions are faster and which is exact up to 2^53;
where one might pass that, integers are used.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fedswipe.events import DeltaCodec
from fedswipe.learning.aggregation import Sum
from fedswipe.learning.delta import view_delta
from fedswipe.learning.fixed_point import NORM_BITS, shrink, squared_norm, squared_norm_limit
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.robust import RULES, Kept
from fedswipe.learning.running_sum import EXACT, RunningSum
from fedswipe.learning.scaled import Sizes
from fedswipe.learning.verdict import Verdict

BLOCK = 8_192  # numbers whose squares are summed at once; one more bit of each would still be exact
SIGN_AND_NUMBER = np.int32(0x8FFF_E000 - 2**32)  # of an fp16 number that was shifted left by 13
BITS_OF = {2: ("<u2", 0x7FFF), 4: ("<u4", 0x7FFF_FFFF)}  # a number's bits without its sign, by its bytes


class Counted(Protocol):
    """What the deltas that count are added to."""

    def add(self, values: NDArray[np.float64], largest: float, weight: int) -> None:
        """Take whole numbers (size,), none farther from 0 than `largest`, this many times."""
        ...

    @property
    def sum(self) -> Sum:
        """Return what comes of all that were added."""
        ...


class Folding:
    """Takes a window's deltas, of tensors of these sizes, one by one: `judge`, then `add` when it counts.

    `counted` is what they are added to, by default the recipe's rule.
    """

    def __init__(self, recipe: Recipe, sizes: Sizes, counted: Counted | None = None) -> None:
        size = sum(sizes)
        self.count = 0
        self._recipe = recipe
        self._sizes = sizes
        self._counted = counted or (Kept(recipe, size) if recipe.rule in RULES else RunningSum(size))
        self._values = np.empty(size)  # of the delta that was judged last, whole numbers
        self._largest = 0.0  # none of them is larger
        self._scratch = np.empty(size)
        self._moved = np.empty(size, np.int32)

    @property
    def sum(self) -> Sum:
        """Return what the rule makes of those that were added: of "mean", their exact weighted sum.

        Later additions change it. The robust rules work it out anew each time.
        """
        return self._counted.sum

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
        limit = squared_norm_limit(recipe.max_norm)
        if self._is_short(limit) or (norm := self._squared_norm()) <= limit:
            return None
        if recipe.over_norm == "refuse":
            return Verdict.OVER_NORM
        shrink(self._values, norm, limit)
        return None

    def add(self, weight: int) -> None:
        """Add the delta that was judged last, this many times."""
        self.count += 1
        self._counted.add(self._values, self._largest, weight)

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

    def _is_short(self, limit: int) -> bool:
        """Tell whether the largest number alone shows that the norm is within its limit."""
        largest = int(np.ceil(np.ldexp(self._largest, NORM_BITS - self._recipe.scale_bits))) + 1
        return largest * largest * len(self._values) <= limit

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
