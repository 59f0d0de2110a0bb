"""Sees from outside whether a transaction is open on a lineage's deltas."""

from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaException

from fedswipe.kafka.settings import KafkaSettings
from fedswipe.kafka.watermarks import watermarks
from fedswipe.topology import WEIGHT_DELTAS, Lineage

SECONDS = 2.0  # for one question; with the broker away there is no answer


class OpenTransactions:
    """Compares the partition's end with its last stable offset, which an open transaction holds back."""

    def __init__(self, kafka: KafkaSettings, lineage: Lineage) -> None:
        self._place = WEIGHT_DELTAS.name, lineage.partition
        common = kafka.reader("fedswipe.chaos") | {"log_level": 0}
        self._all = Consumer(common | {"isolation.level": "read_uncommitted"})
        self._committed = Consumer(common)

    def some(self) -> bool:
        """Tell whether one is open; False also while nobody answers."""
        return self._held_back() > 0

    def none(self) -> bool:
        """Tell whether none is open; False also while nobody answers."""
        return self._held_back() == 0

    def _held_back(self) -> int:
        try:
            _, end = watermarks(self._all, *self._place, SECONDS)
            # Second, so that what was written and committed in between does not look open.
            _, stable = watermarks(self._committed, *self._place, SECONDS)
        except KafkaException:
            return -1
        return max(0, end - stable)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._all.close()
        self._committed.close()
