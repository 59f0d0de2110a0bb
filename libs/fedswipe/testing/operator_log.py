"""The operator's log in memory: a lineage's links and servings, and what predictors and ingest wrote."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from fedswipe import codec
from fedswipe.chain import Chain
from fedswipe.events import GlobalModelPublished, PredictionServed, ServingChanged, SwipeRecorded
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.serving.operator_log import ArchivedLink
from fedswipe.serving.state import Servings
from fedswipe.testing.lineage_log import InMemoryLineageLog, LineageLogClient

START = datetime(2030, 1, 1, tzinfo=UTC)
Outcomes = Sequence[PredictionServed | SwipeRecorded]


class InMemoryOperatorLog:
    """An `OperatorLog`. Record n of either topic was stored n seconds after START.

    `batches` is what `outcomes` yields; a callable among them is called in its place. While `available` is
    False what is written is lost without an answer.
    """

    def __init__(self, lineage_log: InMemoryLineageLog) -> None:
        self.servings = Servings(lineage_log.lineage.model_id)
        self.changes: list[ServingChanged] = []
        self.batches: list[Outcomes | Callable[[], object]] = []
        self.asked_since: datetime | None = None
        self.available = True
        self._links = LineageLogClient(lineage_log, lambda offset: offset, lambda _: None)
        self._links.follow()

    @property
    def chain(self) -> Chain:
        """The chain as far as it has been read."""
        return self._links.chain

    def event(self, version: int) -> GlobalModelPublished:
        """Return any version's event; see `ChainLog.event`."""
        return self._links.event(version)

    def append_link(self, data: bytes) -> None:
        """Store it and read it back; see `ChainLog.append_link`."""
        self._links.append_link(data)

    def append_change(self, event: ServingChanged) -> int:
        """Store it and read it back; see `ServingLog.append_change`."""
        if not self.available:
            raise BrokerUnavailable("made unavailable by a test")
        offset = len(self.changes)
        written = codec.decode(ServingChanged, codec.encode(event), codec.PackagedSchemas())
        self.changes.append(written)
        self.servings.add(written, offset, self.chain.knows)
        return offset

    def archived(self, first: int, last: int) -> list[ArchivedLink]:
        """Return the links of these versions; see `OperatorLog.archived`."""
        links = self.chain.links[first - 1 : last]
        return [ArchivedLink(link, self.event(link.version), _time(link.offset)) for link in links]

    def changed_at(self, offset: int) -> datetime:
        """Return its time; see `OperatorLog.changed_at`."""
        return _time(offset)

    def outcomes(self, since: datetime | None, *, follow: bool) -> Iterator[Outcomes]:
        """Yield `batches`; see `OperatorLog.outcomes`. Following ends with them too."""
        self.asked_since = since
        for batch in self.batches:
            if callable(batch):
                batch()
                yield []
            else:
                yield batch


def _time(offset: int) -> datetime:
    return START + timedelta(seconds=offset)
