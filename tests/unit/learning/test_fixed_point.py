import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from fedswipe.learning.fixed_point import NORM_BITS, quantize, squared_norm, squared_norm_limit

BITS = 24
small = st.floats(-8.0, 8.0, width=32)


def test_every_fp16_number_within_bounds_is_exact() -> None:
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    kept = every[np.isfinite(every) & (np.abs(every) <= 8.0)].astype(np.float32)
    assert len(kept) > 30_000
    fixed = quantize(kept, BITS)
    np.testing.assert_array_equal(np.ldexp(fixed.astype(np.float64), -BITS), kept)


@given(arrays(np.float32, st.integers(0, 20), elements=small))
def test_any_other_is_within_half_a_step(values: NDArray[np.float32]) -> None:
    back = np.ldexp(quantize(values, BITS).astype(np.float64), -BITS)
    np.testing.assert_allclose(back, values, rtol=0, atol=2.0 ** -(BITS + 1))


def test_halves_round_to_even() -> None:
    halves = np.ldexp(np.array([0.5, 1.5, 2.5, -0.5, -1.5], np.float32), -BITS)
    assert quantize(halves, BITS).tolist() == [0, 2, 2, 0, -2]


@given(arrays(np.float32, st.integers(1, 50), elements=small))
def test_a_norm_is_exact_but_for_its_coarser_scale(values: NDArray[np.float32]) -> None:
    norm = np.linalg.norm(values.astype(np.float64))
    found = np.sqrt(squared_norm(quantize(values, BITS), BITS) / 2.0 ** (2 * NORM_BITS))
    assert found == pytest.approx(norm, abs=len(values) ** 0.5 * 2.0**-NORM_BITS)


@given(arrays(np.float32, st.integers(2, 50), elements=small))
def test_a_norm_does_not_depend_on_the_order(values: NDArray[np.float32]) -> None:
    fixed = quantize(values, BITS)
    assert squared_norm(fixed, BITS) == squared_norm(np.ascontiguousarray(fixed[::-1]), BITS)


@pytest.mark.parametrize("norm", [0.5, 1.0, 64.0])
def test_the_limit_lets_just_that_norm_pass(norm: float) -> None:
    at = quantize(np.array([norm], np.float32), BITS)
    assert squared_norm(at, BITS) <= squared_norm_limit(norm)
    assert squared_norm(at + (1 << (BITS - NORM_BITS)), BITS) > squared_norm_limit(norm)
