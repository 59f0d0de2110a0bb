"""A window's sum by the whole protocol, all roles in one process: for simulations, it hides nothing."""

import secrets

import numpy as np
from numpy.typing import NDArray

from fedswipe.learning.aggregation import Sum, empty
from fedswipe.learning.secure_sum.client import Client
from fedswipe.learning.secure_sum.masks import Vector
from fedswipe.learning.secure_sum.server import Server
from fedswipe.learning.secure_sum.shamir import RandomBytes


class MaskedSum:
    """Takes what `RunningSum` takes and gives the same sum; each delta is a client's."""

    def __init__(self, size: int, random: RandomBytes = secrets.token_bytes) -> None:
        self._size = size
        self._random = random
        self._vectors: list[Vector] = []

    def add(self, values: NDArray[np.float64], largest: float, weight: int) -> None:
        """Keep a client's vector: its whole numbers (size,) times its weight, and the weight."""
        self._vectors.append(np.append(values.astype(np.int64) * weight, weight).view(np.uint64))

    @property
    def sum(self) -> Sum:
        """Return the sum; each time by keys and masks of its own."""
        if not self._vectors:
            return empty(self._size)
        total = secure_sum(self._vectors, self._random).view(np.int64)
        return Sum(total[:-1], int(total[-1]), len(self._vectors))


def secure_sum(vectors: list[Vector], random: RandomBytes) -> Vector:
    """Return the sum modulo 2^64 of vectors (size,) of two clients or more, of whom none falls silent."""
    threshold = 2 * len(vectors) // 3 + 1
    clients = [Client(number, one, threshold, random) for number, one in enumerate(vectors, 1)]
    server = Server(len(vectors[0]), threshold)
    everyone = server.take_keys([one.introduce() for one in clients])
    inbox = server.take_shares(shares for one in clients for shares in one.share(everyone))
    survivors = server.take_vectors([one.mask(inbox[one.number]) for one in clients])
    return server.unmask([one.reveal(survivors) for one in clients])
