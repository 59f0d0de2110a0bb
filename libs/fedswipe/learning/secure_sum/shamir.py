"""Shamir's secret sharing (CACM 1979): any `threshold` shares give the secret, fewer say nothing of it.

Of our own: there is no well-kept library of it in Python, and it is a polynomial over a prime field.
"""

from collections.abc import Callable, Iterable, Mapping

from fedswipe.learning.secure_sum.error import SecureSumError

PRIME = 2**256 + 297  # the first one above every secret
SECRET = 32  # bytes
SHARE = 33  # bytes

RandomBytes = Callable[[int], bytes]


def split(secret: bytes, threshold: int, holders: Iterable[int], random: RandomBytes) -> dict[int, bytes]:
    """Return a share (33 bytes) of a secret (32 bytes) for each holder's number, 1 or more."""
    coefficients = [int.from_bytes(secret, "big"), *(_element(random) for _ in range(threshold - 1))]
    return {holder: _value(coefficients, holder).to_bytes(SHARE, "big") for holder in holders}


def combine(shares: Mapping[int, bytes]) -> bytes:
    """Return the secret of `threshold` shares, by holder's number. SecureSumError when they are of none."""
    total = 0
    for holder, share in shares.items():
        weight = 1
        for other in shares.keys() - {holder}:
            weight = weight * other * pow(other - holder, -1, PRIME) % PRIME
        total = (total + int.from_bytes(share, "big") * weight) % PRIME
    if total >= 2 ** (8 * SECRET):
        raise SecureSumError("shares: they are of no secret; one of them is wrong")
    return total.to_bytes(SECRET, "big")


def _element(random: RandomBytes) -> int:
    """Return a number of the field, uniform but for 2^-255."""
    return int.from_bytes(random(64), "big") % PRIME


def _value(coefficients: list[int], at: int) -> int:
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * at + coefficient) % PRIME
    return value
