import json
from pathlib import Path
from typing import Any

import pytest

from fedswipe.client import SwipeClient
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.partitioning import partition_of
from fedswipe.swipe_check import InvalidSwipe
from fedswipe.testing.event_log import InMemoryEventLog
from fedswipe.topology import SWIPES


@pytest.fixture
def swipe() -> dict[str, Any]:
    return json.loads((Path(__file__).parents[2] / "examples" / "swipe.json").read_text())["swipes"][0]


def test_a_swipe_is_written_under_its_clients_partition(swipe: dict[str, Any]) -> None:
    log = InMemoryEventLog()
    assert SwipeClient(log).record_swipe(**swipe).result(0) == 0
    (record,) = log.records(SWIPES)
    (event,) = log.events(SWIPES)
    assert record.partition == partition_of(swipe["client_id"], SWIPES.partitions)
    assert record.key == swipe["client_id"].encode()
    assert (event.swipe_id, event.word) == (swipe["swipe_id"], "hello")


def test_a_bad_swipe_is_refused_before_anything_is_sent(swipe: dict[str, Any]) -> None:
    log = InMemoryEventLog()
    with pytest.raises(InvalidSwipe, match="no_points"):
        SwipeClient(log).record_swipe(**(swipe | {"points": []}))
    assert log.records(SWIPES) == []


def test_the_future_is_done_only_when_the_swipe_is_stored(swipe: dict[str, Any]) -> None:
    log = InMemoryEventLog()
    log.slow = True
    first, second = (SwipeClient(log).record_swipe(**swipe) for _ in range(2))
    assert not first.done()
    log.catch_up(most=1)
    log.give_up()
    assert first.result(0) == 0
    with pytest.raises(BrokerUnavailable):
        second.result(0)
