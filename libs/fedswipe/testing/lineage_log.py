"""One lineage's partitions of the log in memory: deltas with gaps, links on the wire, letters, clients."""

from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum

from fedswipe import codec
from fedswipe.chain import Chain, Link
from fedswipe.errors import InvalidMessage, Retryable
from fedswipe.events import ClientForgotten, ClientId, GlobalModelPublished
from fedswipe.forgotten_clients import Forgotten, ForgottenClients
from fedswipe.kafka.record import Record
from fedswipe.learning.verdict import Verdict
from fedswipe.topology import WEIGHT_DELTAS, Lineage


class NoAnswer(Retryable):
    """Nobody knows whether it is stored."""


class Fate(StrEnum):
    """What becomes of a transaction."""

    OPEN = "open"
    COMMITTED = "committed"
    ABORTED = "aborted"


class Delivery(StrEnum):
    """What becomes of an appended link. All but the first two give no answer."""

    READ_BACK = "read back"
    TWICE = "stored twice, read back"
    NOT_READ = "stored, but not read back in time"
    LATE = "on the wire"
    NEVER = "lost"


class InMemoryLineageLog:
    """The broker: what is stored, and what is still on its way to it (`wire`)."""

    def __init__(self, lineage: Lineage) -> None:
        self.lineage = lineage
        self.deltas: list[tuple[Fate, Record]] = []
        self.links: list[bytes] = []
        self.wire: list[bytes] = []
        self.letters: dict[int, set[Verdict]] = {}
        self.clients = ForgottenClients()

    def forget(self, client_id: ClientId) -> int:
        """Store that a client is forgotten; return the record's offset."""
        offset = self.clients.end
        self.clients.add(offset, codec.encode(ClientForgotten(client_id)), codec.PackagedSchemas())
        return offset

    def write_delta(self, value: bytes | None, fate: Fate = Fate.COMMITTED) -> int:
        """Store a record of the deltas' partition; return its offset."""
        offset = len(self.deltas)
        record = Record(WEIGHT_DELTAS.name, self.lineage.partition, offset, None, value)
        self.deltas.append((fate, record))
        return offset

    def settle(self, offset: int, fate: Fate) -> None:
        """End the transaction of a record, if it is open."""
        now, record = self.deltas[offset]
        self.deltas[offset] = (fate if now is Fate.OPEN else now, record)

    def read(self, start: int, most: int) -> list[Record]:
        """Return up to `most` records from `start` as read_committed does: no aborted one, none that is
        open or lies behind an open one."""
        found: list[Record] = []
        for fate, record in self.deltas[start:]:
            if fate is Fate.OPEN or len(found) == most:
                break
            if fate is Fate.COMMITTED:
                found.append(record)
        return found

    def deliver(self, number: int, times: int = 1) -> None:
        """Store a link that was on the wire, more than once if its sender tried again."""
        self.links += [self.wire.pop(number)] * times


class LineageLogClient:
    """A `LineageLog` of one aggregator. Every call first asks `trouble`, which may raise.

    `deliveries` says what becomes of the next links it appends (then READ_BACK), `ahead` how many
    links of the wire are stored before it. `followed` hears of every new head, as from a chain reader.
    """

    def __init__(
        self,
        log: InMemoryLineageLog,
        seek: Callable[[int], int],
        followed: Callable[[Link], None],
        trouble: Callable[[], None] = lambda: None,
    ) -> None:
        self.chain = Chain(log.lineage.model_id, log.lineage.partition)
        self.deliveries: deque[Delivery] = deque()
        self.ahead = 0
        self._log = log
        self._seek = seek
        self._followed = followed
        self._trouble = trouble
        self._next = 0

    def follow(self) -> None:
        """Read the links to their end."""
        head = self.chain.head
        while self._next < len(self._log.links):
            add_link(self.chain, self._log.links[self._next], self._next)
            self._next += 1
        if (now := self.chain.head) is not None and now is not head:
            self._followed(now)

    def event(self, version: int) -> GlobalModelPublished:
        """Return any version's event; see `ChainLog.event`."""
        self._trouble()
        link = self.chain.links[version - 1]
        return codec.decode(GlobalModelPublished, self._log.links[link.offset], codec.PackagedSchemas())

    def append_link(self, data: bytes) -> None:
        """Let happen what `deliveries` says; see `LineageLog.append_link`."""
        self._trouble()
        delivery = self.deliveries.popleft() if self.deliveries else Delivery.READ_BACK
        for _ in range(min(self.ahead, len(self._log.wire))):
            self._log.deliver(0)
        if delivery is Delivery.LATE:
            self._log.wire.append(data)
        elif delivery is not Delivery.NEVER:
            self._log.links += [data] * (2 if delivery is Delivery.TWICE else 1)
        if delivery not in (Delivery.READ_BACK, Delivery.TWICE):
            raise NoAnswer(f"made so by a test: {delivery}")
        self.follow()
        self._trouble()

    def read_deltas(self, offsets: Sequence[int]) -> list[Record]:
        """Return the records at these offsets; see `LineageLog.read_deltas`."""
        self._trouble()
        return [self._log.deltas[offset][1] for offset in offsets]

    def write_letters(self, refused: Sequence[tuple[Record, Verdict]]) -> None:
        """Keep the verdict of each; see `LineageLog.write_letters`."""
        self._trouble()
        for record, verdict in refused:
            self._log.letters.setdefault(record.offset, set()).add(verdict)

    def forgotten(self, least: int) -> Forgotten:
        """Return who is forgotten now; see `LineageLog.forgotten`."""
        self._trouble()
        assert least <= self._log.clients.end, "FORGOTTEN: the log has become shorter"
        return self._log.clients.until(self._log.clients.end)

    def seek(self, offset: int) -> int:
        """Pass it on to the reader of the deltas; see `LineageLog.seek`."""
        self._trouble()
        return self._seek(offset)


def add_link(chain: Chain, data: bytes, offset: int) -> Link | None:
    """Take the next record of the global models, as a chain reader does."""
    try:
        fields = codec.decode_record(GlobalModelPublished, data, codec.PackagedSchemas())
    except InvalidMessage:
        return None
    return chain.add(data, fields, offset)
