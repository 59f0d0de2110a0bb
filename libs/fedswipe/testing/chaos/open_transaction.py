"""Sees from outside whether a transaction is open on a lineage's deltas."""

import threading
import time
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaException, TopicPartition

from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import WEIGHT_DELTAS, Lineage

SECONDS = 2.0  # for one question; with the broker away there is no answer
LOOK_AGAIN_SECONDS = 0.002  # a loop without any pause takes a core from those it waits for


class OpenTransactions:
    """Compares the partition's end with its last stable offset, which an open transaction holds back."""

    def __init__(self, kafka: KafkaSettings, lineage: Lineage) -> None:
        self._partition = TopicPartition(WEIGHT_DELTAS.name, lineage.partition)
        common = kafka.reader("fedswipe.chaos") | {"log_level": 0}
        self._all = Consumer(common | {"isolation.level": "read_uncommitted"})
        self._committed = Consumer(common)
        self._pause = threading.Event()  # nobody sets it

    def some(self) -> bool:
        """Tell whether one is open; False also while nobody answers."""
        return self._held_back() > 0

    def seen(self, seconds: float) -> bool:
        """Return the moment that one is open; tell whether one was within so many seconds.

        It looks again almost at once: a transaction is over in some hundredths of a second.
        """
        deadline = time.monotonic() + seconds
        while not self.some():
            if time.monotonic() > deadline:
                return False
            self._pause.wait(LOOK_AGAIN_SECONDS)
        return True

    def none(self) -> bool:
        """Tell whether none is open; False also while nobody answers."""
        return self._held_back() == 0

    def _held_back(self) -> int:
        try:
            _, end = self._all.get_watermark_offsets(self._partition, SECONDS)
            # Second, so that what was written and committed in between does not look open.
            _, stable = self._committed.get_watermark_offsets(self._partition, SECONDS)
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
