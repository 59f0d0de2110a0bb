"""Where parts listen, always on the loopback interface: fixed ports for `up`, free ones for tests."""

import random
import socket
from collections.abc import Mapping
from typing import Protocol

from fedswipe.local.errors import StackError
from fedswipe.local.reporter import Reporter

HOST = "127.0.0.1"
FIXED: Mapping[str, int] = {
    "ingest": 8000,
    "predictor": 8001,
    "trainer": 8002,
    "aggregator": 8003,
    "s3": 9000,
    "kafka": 9092,
    "kafka-controller": 9093,
}
# Below the ephemeral range (32768 on Linux): no outgoing connection takes the port before the part does.
_FREE = range(20_000, 32_000)
_TRIES = 200
_STEP = 10_000  # a taken 9092 moves to 19092, then to 29092


class Ports(Protocol):
    """Hands out each part's port."""

    def take(self, part: str) -> int:
        """Return a port that nothing listens on and that was not handed out before."""
        ...


class FixedPorts:
    """The well-known port of each part, moved only when it is taken, and then said."""

    def __init__(self, reporter: Reporter, preferred: Mapping[str, int] = FIXED) -> None:
        self._reporter = reporter
        self._preferred = preferred
        self._taken: set[int] = set()

    def take(self, part: str) -> int:
        """Return the part's own port, or the next free one 10,000 higher."""
        wanted = self._preferred[part]
        for port in range(wanted, 65_536, _STEP):
            if port not in self._taken and is_free(port):
                self._taken.add(port)
                if port != wanted:
                    self._reporter.say(f"Port {wanted} is taken: {part} listens on {port} instead.")
                return port
        raise StackError(
            f"no free port for {part}: {wanted} and those {_STEP} apart are taken; stop what uses {wanted}"
        )


class FreePorts:
    """Any free port, for tests that run beside each other."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take_run(self, part: str, count: int) -> range:
        """Return so many free ports in a row."""
        for first in random.sample(_FREE, _TRIES):
            run = range(first, first + count)
            if self._taken.isdisjoint(run) and all(map(is_free, run)):
                self._taken.update(run)
                return run
        raise StackError(f"no {count} free ports in a row for {part} among {_TRIES} tried")

    def take(self, part: str) -> int:
        """Return a free port that this object has not handed out."""
        for port in random.sample(_FREE, _TRIES):
            if port not in self._taken and is_free(port):
                self._taken.add(port)
                return port
        raise StackError(
            f"no free port for {part} among {_TRIES} tried between {_FREE.start} and {_FREE.stop}"
        )


def is_free(port: int) -> bool:
    """Say whether nothing listens on `port`, on the loopback interface or on all of them."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        if probe.connect_ex((HOST, port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # connections that just closed do not count
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
