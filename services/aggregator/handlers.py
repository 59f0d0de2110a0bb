"""Folds one lineage's deltas into global models (rules 1, 3 and 4). One thread calls, in the log's order."""

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from fedswipe import codec
from fedswipe.backoff import retry_until_stopped
from fedswipe.chain import Chain, Link
from fedswipe.clock import Clock
from fedswipe.codec import SchemaSource
from fedswipe.errors import InvalidMessage, Retryable
from fedswipe.events import ClosedBy, DeltaComputed
from fedswipe.kafka.record import Record
from fedswipe.learning.optimizer import Trained
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.window import History, Window
from fedswipe.modelstore.port import ModelStore
from fedswipe.telemetry import meter, tracer
from services.aggregator.contents import Contents
from services.aggregator.lineage_log import LineageLog
from services.aggregator.mailbox import Assigned, Deltas, HeadMoved, Mail, Revoked, Sought
from services.aggregator.objects import Objects

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass
class Tenure:
    """What is held while we own the partition and a head stands: dropped as a whole, never repaired."""

    head: Link
    trained: Trained
    window: Window
    next: int
    opened_at: float | None = None


class Aggregation:
    """One lineage's folding. A new head, a rebalance or a lost answer ends the tenure; the log has it all."""

    def __init__(
        self,
        chain: Chain,
        objects: Objects,
        lineage_log: LineageLog,
        store: ModelStore,
        schemas: SchemaSource,
        recipe: Recipe,
        clock: Clock,
        stopping: threading.Event,
    ) -> None:
        self._chain = chain
        self._objects = objects
        self._log = lineage_log
        self._contents = Contents(store, stopping)
        self._schemas = schemas
        self._recipe = recipe
        self._clock = clock
        self._stopping = stopping
        self._tenure: Tenure | None = None
        self._awaited_seek: int | None = None
        self._tracer = tracer("fedswipe.aggregator")
        self._settled = meter("fedswipe.aggregator").create_counter("fedswipe.aggregator.deltas")

    def handle(self, mail: Mail) -> None:
        """Do what one piece of mail asks for. Raises Stopped when the service ends meanwhile."""
        match mail:
            case Deltas(records):
                self.fold_deltas(records)
            case HeadMoved():
                self.follow_head()
            case Sought(number) if number == self._awaited_seek:
                self._awaited_seek = None
            case Assigned(start):
                self.take_partition(start)
            case Revoked():
                self._tenure = None

    def take_partition(self, start: int) -> None:
        """Begin at the head's end; the committed offset means nothing. A new lineage gets version 1 first."""
        self._awaited_seek = None
        while (head := self._chain.head) is None:
            data = self._try(lambda: codec.encode(self._objects.factory()))
            self._try(partial(self._log.append_link, data))
        self._stand_on(head, reading_from=start)

    def fold_deltas(self, records: Sequence[Record]) -> None:
        """Judge and fold each record; a window that is full becomes a global model at once."""
        for record in records:
            tenure = self._tenure
            if tenure is None or self._awaited_seek is not None:
                return
            if record.offset >= tenure.next:
                self._fold_delta(tenure, record)
                tenure.next = record.offset + 1
                if closed_by := tenure.window.full:
                    self.publish_global_model(closed_by)

    def close_due_window(self) -> None:
        """Publish a window that has been open for the recipe's seconds, also when no record follows."""
        tenure = self._tenure
        if tenure is None or tenure.opened_at is None or self._awaited_seek is not None:
            return
        if self._clock.now() - tenure.opened_at >= self._recipe.seconds:
            self.publish_global_model(ClosedBy.TIME)

    def follow_head(self) -> None:
        """Give the window up when somebody else's link was accepted, and fold again from its end."""
        tenure, head = self._tenure, self._chain.head
        if tenure is not None and head is not None and head.version > tenure.head.version:
            self._stand_on(head, reading_from=None)

    def publish_global_model(self, closed_by: ClosedBy) -> None:
        """Content first, then the link, then read it back; only the log says whether it counts."""
        tenure = self._tenure
        if tenure is None:
            return
        head, trained, window, end = tenure.head, tenure.trained, tenure.window, tenure.next
        if not window.forget(self._try(partial(self._log.forgotten, window.forgotten.end))):
            log.info("version %d: a client was forgotten meanwhile, folding again", head.version + 1)
            self._stand_on(head, reading_from=None, trained=trained)
            return
        parent = self._chain.event(head.version)
        event, after = self._try(partial(self._objects.build, head, parent, trained, window, end, closed_by))
        data = codec.encode(event)
        try:
            with self._tracer.start_as_current_span("append_link"):
                self._log.append_link(data)
        except Retryable as error:
            log.warning("version %d: no answer, folding again (%s)", event.version, error)
            self._stand_on(head, reading_from=None, trained=trained)
            return
        newest = self._chain.head or head
        if newest.sha256 == hashlib.sha256(data).hexdigest():
            log.info("version %d: %d folded, %d refused", event.version, event.folded, event.refused)
            self._settled.add(event.folded, {"verdict": "folded"})
            self._settled.add(event.refused, {"verdict": "refused"})
            self._stand_on(newest, reading_from=end, trained=after)
        else:
            log.info("version %d: another link was first", event.version)
            self._stand_on(newest, reading_from=None)

    def _fold_delta(self, tenure: Tenure, record: Record) -> None:
        if tenure.opened_at is None:
            tenure.opened_at = self._clock.now()
        try:
            delta = self._try(lambda: codec.decode(DeltaComputed, record.value, self._schemas))
        except InvalidMessage:
            tenure.window.add_unreadable(record.offset)
        else:
            tenure.window.add(record.offset, delta, self._contents.fetch)

    def _stand_on(self, head: Link, *, reading_from: int | None, trained: Trained | None = None) -> None:
        """Drop what is held and begin the head's window; its letters go out first, whoever published it."""
        self._tenure = None
        seen = self._try(lambda: self._objects.recent_ids(self._chain, head, self._recipe.staleness_bound))
        self._try(lambda: self._write_letters(head))
        trained = trained or self._try(lambda: self._objects.load(self._chain.event(head.version)))
        history = History.of(self._chain, head, seen, self._recipe.staleness_bound)
        settling = self._chain.settling(head)
        known = self._try(lambda: self._objects.manifest(self._chain, settling).clients_end) or 0
        forgotten = self._try(partial(self._log.forgotten, known))
        window = Window(self._recipe, self._chain.model_id, self._objects.sizes, history, forgotten=forgotten)
        self._tenure = Tenure(head, trained, window, head.end)
        if reading_from != head.end:
            self._awaited_seek = self._log.seek(head.end)

    def _write_letters(self, head: Link) -> None:
        link = self._chain.settling(head)
        verdicts = self._objects.manifest(self._chain, link).lettered
        if verdicts:
            records = self._log.read_deltas(sorted(verdicts))
            self._log.write_letters([(record, verdicts[record.offset]) for record in records])

    def _try(self, operation: Callable[[], T]) -> T:
        return retry_until_stopped(operation, self._stopping)
