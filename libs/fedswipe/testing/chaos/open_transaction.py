"""Sees from outside whether a transaction is open on a lineage's deltas."""

from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaException, TopicPartition

from fedswipe.kafka.settings import Config, KafkaSettings
from fedswipe.topology import WEIGHT_DELTAS, Lineage

SECONDS = 2.0  # for one question; with the broker away there is no answer


class OpenTransactions:
    """Compares the partition's end with its last stable offset, which an open transaction holds back."""

    def __init__(self, kafka: KafkaSettings, lineage: Lineage) -> None:
        self._partition = TopicPartition(WEIGHT_DELTAS.name, lineage.partition)
        self._common: Config = kafka.reader("fedswipe.chaos") | {"log_level": 0}
        self._connect()

    def some(self) -> bool:
        """Tell whether one is open; False also while nobody answers."""
        return self._held_back() > 0

    def none(self) -> bool:
        """Tell whether none is open; False also while nobody answers."""
        return self._held_back() == 0

    def _held_back(self) -> int:
        try:
            _, end = self._all.get_watermark_offsets(self._partition, SECONDS)
            # Second, so that what was written and committed in between does not look open.
            _, stable = self._committed.get_watermark_offsets(self._partition, SECONDS)
        except KafkaException:
            # One that asked while its broker shut down may say "unknown" for minutes, and leaks at each try.
            self._close()
            self._connect()
            return -1
        return max(0, end - stable)

    def _connect(self) -> None:
        self._all = Consumer(self._common | {"isolation.level": "read_uncommitted"})
        self._committed = Consumer(self._common)

    def _close(self) -> None:
        self._all.close()
        self._committed.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
