import hashlib
import math
from decimal import Context, Decimal, localcontext

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fedswipe.learning.discrete_gaussian import LARGEST_SIGMA, MARGIN, STEPS, _kept, sample
from fedswipe.learning.keystream import BLOCK, words

SEED = bytes(range(32))


def pmf(sigma: float, most: int) -> dict[int, float]:
    weights = {x: math.exp(-x * x / (2 * sigma * sigma)) for x in range(-most, most + 1)}
    total = sum(weights.values())
    return {x: weight / total for x, weight in weights.items()}


def test_a_seed_gives_these_numbers_on_every_machine() -> None:
    """Recorded once: another bit would make every audit of a private window fail."""
    assert sample(SEED, 1_000, 8).tolist() == [-23, 1079, -275, -250, -295, -837, 358, -542]
    digest = hashlib.sha256(sample(SEED, 2**24 + 7, 5_000).astype("<i8").tobytes()).hexdigest()
    assert digest == "937e55b3a518baa2a88098f895547873da371b2c5c406c256adabd1f0e958155"


@given(
    st.binary(min_size=32, max_size=32), st.sampled_from([1, 2, 5, 1_000, 2**24 + 7, 2**40, LARGEST_SIGMA])
)
def test_exact_arithmetic_decides_everything_as_it_is_decided_fast(seed: bytes, sigma: int) -> None:
    """With a margin of 1 no chance is left to float64 and the library's exp."""
    assert (sample(seed, sigma, 20) == sample(seed, sigma, 20, margin=1.0)).all()


@given(st.sampled_from([1, 1_000, 2**24 + 7, 2**40 + 1]), st.integers(0, 5), st.floats(0, 1))
def test_a_chance_is_decided_to_its_last_bit(sigma: int, high: int, part: float) -> None:
    """float64 has 53 bits of a chance's 64: what is next to the threshold it cannot tell."""
    value = high * sigma + min(int(part * sigma), sigma - 1)
    with localcontext(Context(prec=100)):
        exponent = -(Decimal(value) ** 2) / (2 * Decimal(sigma) ** 2) + high - Decimal("0.5")
        threshold = int(exponent.exp() * 2**64)
    assume(0 < threshold < 2**64)
    chance = np.array([threshold - 1, threshold], np.uint64)
    values, highs = np.array([value, value]), np.array([high, high])
    assert _kept(values, highs, chance, sigma, MARGIN).tolist() == [True, False]


@pytest.mark.parametrize("sigma", [1, 2, 3])
def test_small_ones_have_the_frequencies_of_the_formula(sigma: int) -> None:
    count = 100_000
    numbers, times = np.unique(sample(SEED, sigma, count), return_counts=True)
    seen = dict(zip(numbers.tolist(), times.tolist(), strict=True))
    due = {x: p * count for x, p in pmf(sigma, 40).items() if p * count >= 20}
    squares = sum((seen.get(x, 0) - n) ** 2 / n for x, n in due.items())
    assert squares < len(due) + 4 * math.sqrt(2 * len(due))
    assert sum(n for x, n in seen.items() if x not in due) < 100


@pytest.mark.parametrize("sigma", [2**24, 3 * 2**29 + 1, LARGEST_SIGMA])
def test_large_ones_have_the_normal_distributions_moments_and_tails(sigma: int) -> None:
    count = 200_000
    ratios = sample(SEED, sigma, count) / sigma
    assert abs(ratios.mean()) < 4 / math.sqrt(count)
    assert abs(np.square(ratios).mean() - 1) < 4 * math.sqrt(2 / count)
    assert abs((ratios**4).mean() - 3) < 4 * math.sqrt(96 / count)
    for at in (0.5, 1.0, 2.0, 3.0):
        due = math.erfc(at / math.sqrt(2)) / 2
        for part in (np.mean(ratios > at), np.mean(ratios < -at)):
            assert abs(part - due) < 4 * math.sqrt(due / count)
    assert 4.0 < np.abs(ratios).max() < 6.0


def test_low_digits_are_uniform() -> None:
    low = sample(SEED, 2**24, 100_000) & 255
    times = np.bincount(low, minlength=256)
    assert np.square(times - times.mean()).sum() / times.mean() < 255 + 4 * math.sqrt(2 * 255)


def test_neighbouring_numbers_and_other_seeds_have_nothing_in_common() -> None:
    one, two = sample(SEED, 1_000, 100_000), sample(bytes(32), 1_000, 100_000)
    for a, b in ((one[1:], one[:-1]), (one, two)):
        assert abs(np.corrcoef(a, b)[0, 1]) < 4 / math.sqrt(len(a))


@given(st.integers(1, LARGEST_SIGMA), st.integers(0, 50))
def test_none_is_farther_than_its_bound(sigma: int, size: int) -> None:
    numbers = sample(SEED, sigma, size)
    assert numbers.shape == (size,)
    assert numbers.dtype == np.int64
    assert (np.abs(numbers) < (STEPS + 1) * sigma).all()


@pytest.mark.parametrize("sigma", [0, -1, LARGEST_SIGMA + 1])
def test_a_sigma_that_cannot_be_is_refused(sigma: int) -> None:
    with pytest.raises(ValueError, match="sigma is"):
        sample(SEED, sigma, 1)


def test_the_words_of_a_label_are_a_stream_of_their_own() -> None:
    long = words(SEED, b"a", BLOCK + 3)
    assert (words(SEED, b"a", 5) == long[:5]).all()
    assert (
        len(np.unique(np.concatenate([long, words(SEED, b"b", 9), words(bytes(32), b"a", 9)]))) == BLOCK + 21
    )
    block = hashlib.shake_256(SEED.hex().encode() + b"\0a\0" + b"1").digest(24)
    assert long[BLOCK:].tolist() == [int.from_bytes(block[at : at + 8], "little") for at in (0, 8, 16)]
