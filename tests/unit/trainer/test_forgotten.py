from typing import TYPE_CHECKING

from fedswipe.events import DeadLettered
from fedswipe.topology import SWIPES

if TYPE_CHECKING:
    from conftest import Rig


def test_swipes_of_a_forgotten_client_are_passed_and_not_trained(rig: "Rig") -> None:
    rig.clients.forget("ann")
    for client in ("ann", "bob", "ann"):
        rig.swipe(client, "1" if client == "bob" else f"{rig.log.end(0)}")
    rig.settle_all()
    ((events, offsets, _),) = rig.transactions.commits
    assert offsets == {(SWIPES.name, 0): 3}, "the range is settled whole"
    assert [(one.client_id, one.swipe_offsets) for one in rig.transactions.deltas] == [("bob", (1,))]
    assert len(events) == 1, "no letter asks an operator for anything"


def test_who_is_forgotten_is_asked_anew_for_every_range(rig: "Rig") -> None:
    for swipe_id in "123":
        rig.swipe("ann", swipe_id)
    rig.settle_all()
    rig.clients.forget("ann")
    for swipe_id in "456":
        rig.swipe("ann", swipe_id)
    rig.settle_all()
    assert [one.swipe_offsets for one in rig.transactions.deltas] == [(0, 1, 2)]
    assert len(rig.transactions.commits) == 2


def test_a_wrong_swipe_of_a_forgotten_client_leaves_no_copy_in_a_letter(rig: "Rig") -> None:
    for client in ("ann", "bob", "cid"):
        rig.swipe(client, "1", word="not a word 1")
    rig.clients.forget("ann")
    rig.settle_all()
    letters = [event.offset for event in rig.transactions.events if isinstance(event, DeadLettered)]
    assert letters == [1, 2]


def test_nothing_is_trained_before_it_is_known_who_is_forgotten(rig: "Rig") -> None:
    rig.clients.forget("ann")
    rig.clients.away = 2
    for swipe_id in "123":
        rig.swipe("ann", swipe_id)
    rig.settle_all()
    assert rig.clients.away == 0
    assert rig.transactions.deltas == []
