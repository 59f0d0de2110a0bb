"""Notices a client that has forgotten every broker, and so can never connect to one again.

From librdkafka 2.10 on, a client drops each broker that a metadata reply does not name, and a broker that
shuts down may name none: https://github.com/confluentinc/librdkafka/issues/5301, docs/adr/0023.
"""

from typing import Any

import orjson

from fedswipe.errors import FedswipeError
from fedswipe.kafka.settings import Config

EVERY_MS = 2_000
TIMES = 5  # in a row: one that starts over knows none for a moment


class BrokersForgotten(FedswipeError):
    """This client knows no broker any more; a new one in its place will."""


class Watch:
    """Takes a client's statistics; raises BrokersForgotten, which comes out of the client's own `poll`."""

    def __init__(self) -> None:
        self._times = 0

    def __call__(self, statistics: str) -> None:
        """Look at the brokers that the client has; a logical one is a role, not an address."""
        brokers = orjson.loads(statistics)["brokers"].values()
        known = any(broker["source"] != "logical" for broker in brokers)
        self._times = 0 if known else self._times + 1
        if self._times >= TIMES:
            self._times = 0
            raise BrokersForgotten("Kafka: this client has forgotten every broker (librdkafka 5301)")


def watched(config: Config) -> dict[str, Any]:
    """Return a client's configuration with which `poll` and `consume` raise BrokersForgotten.

    Only for a client that is polled all the time: statistics that nobody takes pile up in it.
    """
    return config | {"statistics.interval.ms": EVERY_MS, "stats_cb": Watch()}
