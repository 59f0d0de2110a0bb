"""SCAFFOLD: every step of a client is corrected by how its gradients differ from everybody's.

Karimireddy et al. 2020, arXiv 1910.06378, with option II for the clients' control variates. A control variate
is as large as the model and belongs to a client, so whoever trains keeps it: an edge client its own, a
simulation everybody's (a model's size a person). The trainers of gateway mode keep nothing between two
ranges, so they do not offer it.
"""

import numpy as np
from numpy.typing import NDArray

Flat = NDArray[np.float32]


class Scaffold:
    """The control variates of ``people`` clients of a model of ``size`` numbers, all zero at first.

    The clients step by SGD with this learning rate.
    """

    def __init__(self, size: int, people: int, learning_rate: float) -> None:
        self.server: Flat = np.zeros(size, np.float32)
        self.clients: dict[str, Flat] = {}
        self._people = people
        self._learning_rate = learning_rate
        self._zero: Flat = np.zeros(size, np.float32)
        self._change: Flat = np.zeros(size, np.float32)

    def correction(self, client: str) -> Flat:
        """What is added to each gradient of this client: the server's control variate minus its own."""
        return self.server - self.clients.get(client, self._zero)

    def trained(self, client: str, delta: Flat, steps: int) -> None:
        """Learn the client's control variate from its delta after so many steps."""
        before = self.clients.get(client, self._zero)
        after = before - self.server - delta / np.float32(steps * self._learning_rate)
        self._change += (after - before) / np.float32(self._people)
        self.clients[client] = after

    def close_round(self) -> None:
        """Move the server's control variate, once all clients of a round have trained."""
        self.server = self.server + self._change
        self._change = np.zeros_like(self._change)
