import hashlib
from collections import deque

import pytest

from fedswipe import codec
from fedswipe.chain import Link
from fedswipe.errors import FedswipeError
from fedswipe.events import ClosedBy, GlobalModelPublished, ModelId, OffsetRange, Version
from fedswipe.learning.manifest import Manifest
from fedswipe.modelstore.port import ObjectMissing
from fedswipe.serving.rollback import roll_back, rollback
from fedswipe.testing.lineage_log import Delivery, InMemoryLineageLog, LineageLogClient
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.topology import LINEAGES

LINE = LINEAGES[0]


class Rig:
    """A lineage in memory, an operator's view of it, and others who publish."""

    def __init__(self) -> None:
        self.store = InMemoryModelStore()
        self.log = InMemoryLineageLog(LINE)
        self.operator = LineageLogClient(self.log, lambda offset: offset, lambda _: None)

    def publish(self, settles: int = 3) -> bytes:
        """Somebody else's link on the head that the log has."""
        reader = LineageLogClient(self.log, lambda offset: offset, lambda _: None)
        reader.follow()
        head = reader.chain.head
        version, parent, end = (head.version + 1, head.sha256, head.end) if head else (1, "", 0)
        content = self.store.put("swipe-en/models", f"model {version}".encode())
        state = self.store.put("swipe-en/optimisers", f"state {version}".encode())
        nothing = self.store.put("swipe-en/manifests", Manifest(()).to_bytes())
        start = OffsetRange(LINE.partition, end, end + settles if head else end)
        data = codec.encode(
            GlobalModelPublished(
                *(ModelId("swipe-en"), Version(version), parent, (start,)),
                *(content, state, nothing, nothing, 3, 0, 30, ClosedBy.DELTAS, None),
            )
        )
        self.log.links.append(data)
        return data

    def roll_back(self, target: int, *deliveries: Delivery, tries: int = 8) -> Link:
        self.operator.follow()
        self.operator.deliveries = deque(deliveries)
        return roll_back(self.operator, self.store, target, tries)


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    for _ in range(3):
        rig.publish()
    return rig


def test_a_rollback_is_a_new_version_with_the_old_content_and_an_empty_range(rig: Rig) -> None:
    link = rig.roll_back(2)
    new, old, head = (rig.operator.event(version) for version in (4, 2, 3))
    assert (link.version, link.line) == (4, 2)
    assert (new.model, new.optimizer) == (old.model, old.optimizer)
    end = head.ranges[0].end
    assert new.ranges == (OffsetRange(LINE.partition, end, end),)
    assert (new.closed_by, new.rollback_to) == (ClosedBy.ROLLBACK, 2)
    assert (new.folded, new.refused, new.examples) == (0, 0, 0)
    assert Manifest.from_bytes(rig.store.get(new.manifest)).entries == ()


def test_one_that_fell_off_is_built_again_on_the_new_head(rig: Rig) -> None:
    rig.operator.follow()
    original = rig.operator.append_link

    def overtaken(data: bytes) -> None:
        if len(rig.log.links) == 3:
            rig.publish()
        original(data)

    rig.operator.append_link = overtaken  # type: ignore[method-assign]
    link = rig.roll_back(1)
    assert (link.version, link.line) == (5, 1)
    assert rig.operator.chain.head == link


@pytest.mark.parametrize("lost", [Delivery.NOT_READ, Delivery.NEVER, Delivery.LATE, Delivery.TWICE])
def test_a_lost_answer_leaves_one_rollback_and_no_more(rig: Rig, lost: Delivery) -> None:
    link = rig.roll_back(1, lost, lost)
    while rig.log.wire:
        rig.log.deliver(0)
    rig.operator.follow()
    assert rig.operator.chain.head == link
    assert link.version == 4
    assert rig.publish()
    rig.operator.follow()
    assert rig.operator.chain.links[-1].version == 5


def test_a_rollback_that_somebody_published_over_before_it_was_read_back_counts(rig: Rig) -> None:
    rig.operator.follow()

    def published_over(data: bytes) -> None:
        rig.log.links.append(data)
        rig.publish()
        rig.operator.follow()

    rig.operator.append_link = published_over  # type: ignore[method-assign]
    link = rig.roll_back(2)
    assert (link.version, len(rig.operator.chain.links)) == (4, 5)


def test_it_gives_up_after_its_tries_and_says_what_to_do(rig: Rig) -> None:
    with pytest.raises(FedswipeError, match="no rollback to version 1 was accepted in 3 tries"):
        rig.roll_back(1, *[Delivery.NEVER] * 3, tries=3)


@pytest.mark.parametrize(("target", "why"), [(0, "has versions 1 to 3"), (9, "1 to 3"), (3, "is the head")])
def test_only_an_older_version_of_the_chain_can_be_taken_back(rig: Rig, target: int, why: str) -> None:
    with pytest.raises(FedswipeError, match=why):
        rig.roll_back(target)
    assert len(rig.log.links) == 3


def test_nothing_is_written_when_the_old_content_is_not_in_the_store(rig: Rig) -> None:
    rig.operator.follow()
    del rig.store.objects[rig.operator.event(2).optimizer.key]
    with pytest.raises(ObjectMissing):
        rig.roll_back(2)
    assert len(rig.log.links) == 3


def test_a_rollback_names_its_parent_by_the_hash_of_its_bytes(rig: Rig) -> None:
    rig.operator.follow()
    newest, old = rig.operator.event(3), rig.operator.event(1)
    head = rig.operator.chain.links[-1]
    event = rollback(head, newest, old, old.manifest)
    assert event.parent == hashlib.sha256(rig.log.links[2]).hexdigest()
