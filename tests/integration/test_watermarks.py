"""A consumer that lives through the restart of its broker goes on knowing where a partition ends."""

import threading
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException

from fedswipe.kafka.admin import Admin
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.kafka.watermarks import watermarks
from fedswipe.testing.stacks import own_stack
from fedswipe.testing.until import until
from fedswipe.topology import WEIGHT_DELTAS

ONE_QUESTION = 2.0  # seconds
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def test_who_asks_while_the_broker_shuts_down_is_answered_afterwards(tmp_path: Path) -> None:
    with own_stack(tmp_path) as stack:
        settings = KafkaSettings(stack.kafka)
        Admin(settings).create_topics()
        broker = stack.broker.instance
        consumer = Consumer(settings.reader("restart") | {"log_level": 0})

        def answer() -> tuple[int, int] | None:
            try:
                return watermarks(consumer, WEIGHT_DELTAS.name, 0, ONE_QUESTION)
            except KafkaException:
                return None

        assert answer() == (0, 0)
        stopping = threading.Thread(target=broker.stop, args=[60.0])
        stopping.start()
        while stopping.is_alive():
            answer()
        broker.restart()
        assert until(answer, "the partition's end", 30.0) == (0, 0)
        consumer.close()
