"""The one reader in front of the Faust app: a plain consumer, placed at the head's end at every assignment.

Faust's own consumer may skip or double events around a rebalance; here the position is ours to set.
"""

import itertools
import logging
import threading
from collections.abc import Callable, Sequence

from confluent_kafka import TopicPartition

from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.consume_loop import Membership
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.record import Record
from fedswipe.topology import WEIGHT_DELTAS, Lineage
from services.aggregator.mailbox import Assigned, Deltas, Mail, Revoked, Sought

MOST_BYTES = 64_000_000  # of deltas waiting to be folded; past that the partition is paused
CHAIN_SECONDS = 60.0  # to read a chain at the start
log = logging.getLogger(__name__)


class DeltaReader:
    """Puts one lineage's records into its mailbox; a `Handler` of the consume loop."""

    def __init__(self, lineage: Lineage, reader: ChainReader, post: Callable[[Mail], None]) -> None:
        self._lineage = lineage
        self._reader = reader
        self._post = post
        self._waiting = 0
        self._ours = False
        self._numbers = itertools.count(1)
        self._wanted: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def assigned(
        self, partitions: Sequence[TopicPartition], membership: Membership
    ) -> Sequence[TopicPartition]:
        """Read our lineage's partition from the head's end, and no other."""
        if not self._reader.wait_caught_up(CHAIN_SECONDS):
            raise BrokerUnavailable(f"the chain could not be read within {CHAIN_SECONDS:g} s")
        ours = [p for p in partitions if p.partition == self._lineage.partition]
        head = self._reader.chain.head
        start = head.end if head else 0
        with self._lock:
            self._ours = bool(ours)
        if ours:
            log.info("assigned %s, read from offset %d", [(p.topic, p.partition) for p in ours], start)
            self._post(Assigned(start))
        return [TopicPartition(WEIGHT_DELTAS.name, p.partition, start) for p in ours]

    def revoked(self) -> None:
        """Tell that the partition has left; a seek that was wanted there is void."""
        with self._lock:
            self._wanted, self._ours = None, False
        self._post(Revoked())

    def records(self, batch: Sequence[Record]) -> None:
        """Pass them on."""
        self._count(batch, +1)
        self._post(Deltas(tuple(batch)))

    def reached(self, topic: str, partition: int, offset: int) -> None:
        """Nothing to do: windows end at records."""

    def seek(self, offset: int) -> int:
        """Read on at this offset; `Sought` of the returned number comes before its first record.

        Void while the partition is not ours: whoever asks has not read yet that it was taken away.
        """
        with self._lock:
            number = next(self._numbers)
            self._wanted = (number, offset) if self._ours else None
            return number

    def rewind(self) -> Sequence[TopicPartition]:
        """Apply the newest seek, if there is one: the loop's next record is from there."""
        with self._lock:
            wanted, self._wanted = self._wanted, None
        if wanted is None:
            return ()
        number, offset = wanted
        self._post(Sought(number))
        return [TopicPartition(WEIGHT_DELTAS.name, self._lineage.partition, offset)]

    def has_room(self) -> bool:
        """Tell whether few enough bytes wait."""
        return self._waiting < MOST_BYTES

    def handled(self, mail: Mail) -> None:
        """Note that this mail waits no more; called by the folding thread."""
        if isinstance(mail, Deltas):
            self._count(mail.records, -1)

    def _count(self, records: Sequence[Record], sign: int) -> None:
        with self._lock:
            self._waiting += sign * sum(len(record.value or b"") for record in records)
