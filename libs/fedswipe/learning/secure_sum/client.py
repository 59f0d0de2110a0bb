"""A client of a secure sum: four steps in their order, each once."""

from collections.abc import Collection, Sequence

from fedswipe.learning.secure_sum.error import SecureSumError
from fedswipe.learning.secure_sum.key_agreement import KEY, agree, public_key, seal, unseal
from fedswipe.learning.secure_sum.masks import Vector, add_pair_mask, mask, to_bytes
from fedswipe.learning.secure_sum.messages import MaskedVector, PublicKeys, Revealed, SealedShares
from fedswipe.learning.secure_sum.shamir import SHARE, RandomBytes, split


class Client:
    """Adds `vector` (size,), whole numbers modulo 2^64, to a sum. `random` gives secret bytes of chance.

    Every step raises SecureSumError when it comes out of turn, or what it is given would tell too much.
    """

    def __init__(self, number: int, vector: Vector, threshold: int, random: RandomBytes) -> None:
        self.number = number
        self._vector = vector
        self._threshold = threshold
        self._random = random
        self._masking, self._sealing, self._seed = random(KEY), random(KEY), random(KEY)
        self._others: dict[int, PublicKeys] = {}
        self._shares: dict[int, tuple[bytes, bytes]] = {}  # by owner: of its masking key, of its seed
        self._done = 0

    def introduce(self) -> PublicKeys:
        """Return the public keys."""
        self._take_turn(1)
        return PublicKeys(self.number, public_key(self._masking), public_key(self._sealing))

    def share(self, everyone: Sequence[PublicKeys]) -> list[SealedShares]:
        """Return shares of both secrets for every other client of the sum."""
        self._take_turn(2)
        numbers = {keys.client for keys in everyone}
        if len(numbers) < len(everyone) or self.number not in numbers or min(numbers) < 1:
            raise SecureSumError("keys: each client must be there once, this one too, by a number from 1 on")
        if len(everyone) < 2:
            raise SecureSumError("keys: the sum of one client is that client's vector; wait for others")
        if not len(everyone) / 2 < self._threshold <= len(everyone):
            raise SecureSumError(
                f"threshold: is {self._threshold} of {len(everyone)} clients; give more than half, or two "
                "different lists of survivors would open a client's vector"
            )
        masking = split(self._masking, self._threshold, numbers, self._random)
        seeds = split(self._seed, self._threshold, numbers, self._random)
        self._shares[self.number] = (masking[self.number], seeds[self.number])
        self._others = {keys.client: keys for keys in everyone if keys.client != self.number}
        return [
            SealedShares(self.number, one, seal(self._seal_key(self.number, one), masking[one] + seeds[one]))
            for one in self._others
        ]

    def mask(self, shares: Sequence[SealedShares]) -> MaskedVector:
        """Return the vector under its own mask and one with every client whose shares came."""
        self._take_turn(3)
        for one in shares:
            self._keep(one)
        self._need(len(self._shares), "sent their shares")
        masked = self._vector + mask(self._seed, len(self._vector))
        for number in self._shares.keys() - {self.number}:
            add_pair_mask(masked, self.number, self._masking, number, self._others[number].masking)
        return MaskedVector(self.number, to_bytes(masked))

    def reveal(self, survivors: Collection[int]) -> Revealed:
        """Return, of each client, the share of its seed or of its key: both would open its vector."""
        self._take_turn(4)
        alive = set(survivors)
        if self.number not in alive or not alive <= self._shares.keys():
            raise SecureSumError("survivors: must be clients that sent their shares, this one among them")
        self._need(len(alive), "survive")
        seeds = {owner: seed for owner, (_, seed) in self._shares.items() if owner in alive}
        keys = {owner: key for owner, (key, _) in self._shares.items() if owner not in alive}
        return Revealed(self.number, seeds, keys)

    def _keep(self, shares: SealedShares) -> None:
        known = shares.sender in self._others and shares.sender not in self._shares
        if not known or shares.receiver != self.number:
            raise SecureSumError(f"shares: of {shares.sender} for {shares.receiver} are not due here")
        opened = unseal(self._seal_key(shares.sender, self.number), shares.sealed)
        self._shares[shares.sender] = (opened[:SHARE], opened[SHARE:])

    def _seal_key(self, sender: int, receiver: int) -> bytes:
        other = self._others[receiver if sender == self.number else sender]
        return agree(self._sealing, other.sealing, b"seal %d %d" % (sender, receiver))

    def _need(self, count: int, what: str) -> None:
        if count < self._threshold:
            raise SecureSumError(f"{count} clients {what}, {self._threshold} are needed: begin again")

    def _take_turn(self, step: int) -> None:
        if self._done != step - 1:
            raise SecureSumError(f"step {step}: comes after step {step - 1}, once; {self._done} are done")
        self._done = step
