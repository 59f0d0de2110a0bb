from contextlib import suppress
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe.learning.secure_sum.error import SecureSumError
from fedswipe.learning.secure_sum.shamir import PRIME, SHARE, combine, split

SECRETS = st.one_of(st.binary(min_size=32, max_size=32), st.sampled_from([bytes(32), b"\xff" * 32]))


def chance(count: int) -> bytes:
    return bytes(range(7, 7 + count))


@given(SECRETS, st.integers(2, 5), st.sets(st.integers(1, 2**16), min_size=5, max_size=6), st.integers())
def test_any_shares_of_the_threshold_give_the_secret_and_one_less_does_not(
    secret: bytes, threshold: int, holders: set[int], seed: int
) -> None:
    shares = split(secret, threshold, holders, Random(seed).randbytes)
    assert all(len(share) == SHARE for share in shares.values())
    for some in combinations(sorted(holders), threshold):
        assert combine({holder: shares[holder] for holder in some}) == secret
    fewer = {holder: shares[holder] for holder in sorted(holders)[: threshold - 1]}
    with suppress(SecureSumError):  # of no secret, most likely
        assert combine(fewer) != secret


def test_fewer_shares_fit_every_secret() -> None:
    """Whatever the secret is, there is a share that the threshold's last holder could have had."""
    shares = split(b"a" * 32, 2, [1, 2], chance)
    for secret in (0, 5, 2**256 - 1):
        slope = (int.from_bytes(shares[1], "big") - secret) % PRIME
        missing = ((secret + 2 * slope) % PRIME).to_bytes(SHARE, "big")
        assert int.from_bytes(combine({1: shares[1], 2: missing}), "big") == secret


def test_shares_of_no_secret_are_refused() -> None:
    with pytest.raises(SecureSumError, match="shares: they are of no secret"):
        combine({1: (PRIME - 1).to_bytes(SHARE, "big")})
