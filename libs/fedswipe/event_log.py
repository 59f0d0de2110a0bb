"""Two ports on the log for whoever only appends to it: send an event, ask where a topic ends.

The adapters are `kafka.producer.EventProducer` and `kafka.admin.Admin`, the twin of both is
`testing.event_log.InMemoryEventLog`; one contract suite runs over all of them.
"""

from concurrent.futures import Future
from typing import Protocol, TypeVar

from fedswipe.events import Event
from fedswipe.topology import Topic

E = TypeVar("E", bound=Event)


class EventSink(Protocol):
    """Takes events; thread-safe."""

    def send(self, topic: Topic[E], event: E, *, key: str, partition: int) -> "Future[int]":
        """Send one event without waiting; the future gives its offset once it is stored for good.

        It gives BrokerUnavailable when that is not known to have happened in time.
        """
        ...


class LogEnds(Protocol):
    """Knows how long topics are; thread-safe."""

    def ends(self, topic: Topic[Event]) -> dict[int, int]:
        """Return, for each partition, the offset behind its last record. Raises BrokerUnavailable."""
        ...
