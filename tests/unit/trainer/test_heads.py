import threading
from collections.abc import Iterator

import numpy as np
import pytest

from fedswipe.chain import Link
from fedswipe.events import ClosedBy, GlobalModelPublished, ObjectRef, OffsetRange, Version
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.weights import Weights, to_bytes
from fedswipe.swipe.layout import load_layout
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.testing.until import until
from fedswipe.topology import LINEAGES
from services.trainer.heads import HeadFollower, Heads, Published

LINE = LINEAGES[0]
ARCHITECTURE = Architecture(load_layout(LINE.layout))


def weights(value: float) -> Weights:
    return {name: np.full(shape, value, np.float32) for name, shape in ARCHITECTURE.shapes.items()}


class CountingStore(InMemoryModelStore):
    """Counts the reads."""

    gets = 0

    def get(self, ref: ObjectRef) -> bytes:
        self.gets += 1
        return super().get(ref)


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


class RecordedHeads(Heads):
    """Remembers every version that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: list[int] = []

    def put(self, base: BaseModel) -> None:
        self.versions.append(base.version)
        super().put(base)


@pytest.fixture
def heads() -> RecordedHeads:
    return RecordedHeads()


@pytest.fixture
def follower(store: InMemoryModelStore, heads: Heads) -> Iterator[HeadFollower]:
    follower = HeadFollower(LINE, store, heads)
    running = threading.Thread(target=follower.run)
    running.start()
    yield follower
    follower.stop()
    running.join(10)
    assert not running.is_alive()


def published(store: InMemoryModelStore, version: int, data: bytes) -> Published:
    ref = store.put("swipe-en/models", data)
    event = GlobalModelPublished(
        *(LINE.model_id, Version(version), "", (OffsetRange(0, 0, 0),), ref, ref, ref, ref, 0, 0, 0),
        ClosedBy.FACTORY,
        None,
    )
    return Published(Link(version, "cd" * 32, 0, 0, 0), event)


def test_the_newest_head_is_what_training_starts_from(
    follower: HeadFollower, store: InMemoryModelStore, heads: Heads
) -> None:
    follower.followed(published(store, 1, to_bytes(weights(0.5))))
    base = heads.newest(LINE.model_id, threading.Event())
    assert (base.version, base.link) == (1, "cd" * 32)
    np.testing.assert_array_equal(base.weights["head.bias"], weights(0.5)["head.bias"])
    follower.followed(published(store, 2, to_bytes(weights(0.25))))
    until(lambda: heads.version(LINE.model_id) == 2)


def test_the_old_head_stays_while_the_store_is_away_and_the_new_one_comes_after(
    follower: HeadFollower, store: InMemoryModelStore, heads: Heads
) -> None:
    follower.followed(published(store, 1, to_bytes(weights(0.5))))
    until(lambda: heads.version(LINE.model_id) == 1)
    second = published(store, 2, to_bytes(weights(0.25)))
    store.available = False
    follower.followed(second)
    assert heads.version(LINE.model_id) == 1
    store.available = True
    until(lambda: heads.version(LINE.model_id) == 2)


@pytest.mark.parametrize("fault", ["tampered", "other shape"])
def test_an_object_that_is_not_a_model_never_replaces_the_old_one(
    follower: HeadFollower, store: CountingStore, heads: RecordedHeads, fault: str
) -> None:
    follower.followed(published(store, 1, to_bytes(weights(0.5))))
    until(lambda: heads.version(LINE.model_id) == 1)
    broken = {"other shape": to_bytes({"x": np.zeros(3, np.float32)})}
    second = published(store, 2, broken.get(fault, to_bytes(weights(0.25))))
    if fault == "tampered":
        store.objects[second.event.model.key] = bytes(second.event.model.size)
    tried = store.gets
    follower.followed(second)
    until(lambda: store.gets > tried + 1)  # tried, refused, tried again
    follower.followed(published(store, 3, to_bytes(weights(0.75))))
    until(lambda: heads.version(LINE.model_id) == 3)
    assert heads.versions == [1, 3]
