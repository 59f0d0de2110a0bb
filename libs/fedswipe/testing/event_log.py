"""The event log's in-memory twin."""

import threading
from collections import defaultdict
from concurrent.futures import Future
from typing import TypeVar

from fedswipe import codec
from fedswipe.events import Event
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.record import Record
from fedswipe.topology import Topic

E = TypeVar("E", bound=Event)


class InMemoryEventLog:
    """An `EventSink` and `LogEnds` in lists.

    While `available` is False sends and questions fail with BrokerUnavailable. While `slow` is True what is
    sent is neither stored nor refused: `catch_up` stores it, `give_up` lets it time out.
    """

    def __init__(self) -> None:
        self.available = True
        self.slow = False
        self._records: dict[tuple[str, int], list[Record]] = defaultdict(list)
        self._waiting: list[tuple[Future[int], Record]] = []
        self._lock = threading.Lock()

    def send(self, topic: Topic[E], event: E, *, key: str, partition: int) -> "Future[int]":
        """Store an event; see `EventSink.send`."""
        sent: Future[int] = Future()
        record = Record(topic.name, partition, 0, key.encode(), codec.encode(event))
        if not self.available:
            sent.set_exception(BrokerUnavailable(f"{topic.name}: made unavailable by a test"))
        elif self.slow:
            self._waiting.append((sent, record))
        else:
            sent.set_result(self._store(record))
        return sent

    def ends(self, topic: Topic[Event]) -> dict[int, int]:
        """Return the partitions' ends; see `LogEnds.ends`."""
        if not self.available:
            raise BrokerUnavailable(f"{topic.name}: made unavailable by a test")
        return {partition: len(self._records[topic.name, partition]) for partition in range(topic.partitions)}

    def read(self, topic: str, partition: int, offset: int) -> Record:
        """Return one stored record; IndexError where there is none."""
        return self._records[topic, partition][offset]

    def records(self, topic: Topic[Event]) -> list[Record]:
        """Return everything stored in a topic, partition by partition."""
        return [one for partition in range(topic.partitions) for one in self._records[topic.name, partition]]

    def events(self, topic: Topic[E]) -> list[E]:
        """Return every event of a topic, decoded."""
        schemas = codec.PackagedSchemas()
        return [codec.decode(topic.event, record.value, schemas) for record in self.records(topic)]

    @property
    def waiting(self) -> int:
        """How many events were sent and are neither stored nor refused."""
        return len(self._waiting)

    def catch_up(self, most: int | None = None) -> None:
        """Store what waits, or the `most` oldest of it, and be quick again."""
        self.slow = False
        taken = self._waiting[:most]
        del self._waiting[:most]
        for sent, record in taken:
            sent.set_result(self._store(record))

    def give_up(self) -> None:
        """Let what waits time out."""
        waiting, self._waiting = self._waiting, []
        for sent, record in waiting:
            sent.set_exception(BrokerUnavailable(f"{record.topic}: timed out"))

    def _store(self, record: Record) -> int:
        with self._lock:
            log = self._records[record.topic, record.partition]
            offset = len(log)
            log.append(
                Record(record.topic, record.partition, offset, record.key, record.value, record.headers)
            )
        return offset
