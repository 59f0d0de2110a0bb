"""The server of a secure sum: hands messages on, adds masked vectors up, takes the masks off the sum."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from fedswipe.learning.secure_sum.error import SecureSumError
from fedswipe.learning.secure_sum.key_agreement import public_key
from fedswipe.learning.secure_sum.masks import Vector, add_pair_mask, from_bytes, mask
from fedswipe.learning.secure_sum.messages import MaskedVector, PublicKeys, Revealed, SealedShares
from fedswipe.learning.secure_sum.shamir import combine


class Server:
    """Takes each round's messages, of whoever answered in time. SecureSumError when too few did."""

    def __init__(self, size: int, threshold: int) -> None:
        self.survivors: tuple[int, ...] = ()
        self._threshold = threshold
        self._keys: dict[int, PublicKeys] = {}
        self._shared: set[int] = set()
        self._total = np.zeros(size, np.uint64)

    def take_keys(self, keys: Sequence[PublicKeys]) -> list[PublicKeys]:
        """Return what every client of the sum is to know."""
        self._need([one.client for one in keys], "introduced themselves")
        self._keys = {one.client: one for one in keys}
        return list(keys)

    def take_shares(self, shares: Iterable[SealedShares]) -> dict[int, list[SealedShares]]:
        """Return what each client that shared is to get."""
        found = list(shares)
        self._shared = {one.sender for one in found}
        self._need(self._shared, "shared their keys")
        inbox: dict[int, list[SealedShares]] = {number: [] for number in self._shared}
        for one in found:
            if one.receiver in inbox:
                inbox[one.receiver].append(one)
        return inbox

    def take_vectors(self, vectors: Sequence[MaskedVector]) -> tuple[int, ...]:
        """Add them up and return the survivors, who are to reveal shares."""
        self._need([one.client for one in vectors], "sent their vectors")
        if unknown := {one.client for one in vectors} - self._shared:
            raise SecureSumError(f"vectors: of {sorted(unknown)}, who shared no keys")
        for one in vectors:
            np.add(self._total, from_bytes(one.vector, len(self._total)), out=self._total)
        self.survivors = tuple(one.client for one in vectors)
        return self.survivors

    def unmask(self, revealed: Sequence[Revealed]) -> Vector:
        """Return the sum (size,) of the survivors' vectors, modulo 2^64."""
        self._need([one.client for one in revealed], "revealed shares")
        total, enough = self._total.copy(), revealed[: self._threshold]
        for owner in self.survivors:
            seed = _combined(owner, {one.client: one.seeds for one in enough})
            np.subtract(total, mask(seed, len(total)), out=total)
        for owner in self._shared - set(self.survivors):
            key = _combined(owner, {one.client: one.keys for one in enough})
            if public_key(key) != self._keys[owner].masking:
                raise SecureSumError(f"shares: of client {owner} give a key that is not its own")
            for other in self.survivors:  # the silent client's half, which is what is missing in the sum
                add_pair_mask(total, owner, key, other, self._keys[other].masking)
        return total

    def _need(self, clients: Collection[int], what: str) -> None:
        if len(set(clients)) < max(len(clients), self._threshold):
            raise SecureSumError(
                f"{len(set(clients))} clients {what} (each once), {self._threshold} are needed: begin again"
            )


def _combined(owner: int, shares: Mapping[int, Mapping[int, bytes]]) -> bytes:
    try:
        return combine({holder: told[owner] for holder, told in shares.items()})
    except KeyError as error:
        raise SecureSumError(f"shares: client {owner}'s are not in every answer; ask again") from error
