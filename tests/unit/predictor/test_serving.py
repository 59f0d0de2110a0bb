"""What the predictor serves as chain and servings change: pins, canaries, models that cannot be loaded."""

import threading
from collections.abc import Callable, Iterator

import pytest

from fedswipe.events import CanaryBy, LinkRef, ObjectRef
from fedswipe.serving.state import Canary, ServingState
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.search import Decoder
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.testing.until import until
from services.predictor.follower import BackOff, ModelFollower
from services.predictor.handlers import Predictor, Published
from services.predictor.served_model import over_all_keys

CLIENTS = [f"client-{number}" for number in range(100)]


class Rig:
    """A predictor that follows a lineage whose versions 1 to 9 can be published."""

    def __init__(
        self,
        predictor: Predictor,
        follower: ModelFollower,
        store: InMemoryModelStore,
        swipe: Gesture,
        published: dict[int, Published],
    ) -> None:
        self.predictor = predictor
        self.follower = follower
        self.store = store
        self.swipe = swipe
        self.published = published

    def ref(self, version: int) -> LinkRef:
        return self.published[version].ref

    def head(self, version: int) -> None:
        self.follower.followed(self.ref(version))

    def change(self, stable: int | None = None, pinned: bool = False, canary: Canary | None = None) -> None:
        self.follower.serving_changed(ServingState(stable and self.ref(stable), pinned, canary))

    def canary(self, version: int, share: float = 0.5, by: CanaryBy = CanaryBy.CLIENT) -> Canary:
        return Canary(self.ref(version), share, by, offset=0)

    def lose(self, version: int) -> bytes:
        return self.store.objects.pop(self.published[version].event.model.key)

    def versions(self) -> list[int]:
        """The versions that answer each of CLIENTS."""
        return [
            one.version for one in self.predictor.predict([self.swipe] * len(CLIENTS), 1, CLIENTS).identities
        ]

    def serves(self, *versions: int) -> bool:
        """Whether these versions, and no other, would answer CLIENTS."""
        if self.predictor.identity is None:
            return False
        serving, instance = self.predictor.serving(), self.predictor.instance
        models = [serving.model_for(client, instance) for client in CLIENTS]
        return {model.identity.version for model in models} == set(versions)


@pytest.fixture
def rig(
    predictor: Predictor,
    decoder: Decoder,
    store: InMemoryModelStore,
    find: Callable[[LinkRef], Published],
    publish: Callable[[int, bytes], Published],
    random_model: Callable[[int], bytes],
) -> Iterator[Rig]:
    follower = ModelFollower(predictor, BackOff(first=0.001, cap=0.01), find)
    thread = threading.Thread(target=follower.run)
    thread.start()
    versions = {version: publish(version, random_model(version)) for version in range(1, 10)}
    yield Rig(predictor, follower, store, over_all_keys(decoder.layout), versions)
    follower.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_nothing_is_loaded_before_the_serving_state_is_known(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, fetched, get = list[ObjectRef](), threading.Event(), rig.store.get

    def noted(ref: ObjectRef) -> bytes:
        asked.append(ref)
        fetched.set()
        return get(ref)

    monkeypatch.setattr(rig.store, "get", noted)
    rig.head(9)
    assert not fetched.wait(0.2)
    rig.change(stable=3, pinned=True)
    until(lambda: rig.serves(3))
    assert asked == [rig.published[3].event.model]


def test_a_pin_holds_while_new_heads_come_and_unpinned_the_head_is_served(rig: Rig) -> None:
    rig.change(stable=3, pinned=True)
    for version in (4, 5, 6):
        rig.head(version)
    until(lambda: rig.serves(3))
    rig.head(7)
    rig.change(stable=2, pinned=True)
    until(lambda: rig.serves(2))
    rig.change()
    until(lambda: rig.serves(7))


def test_a_canary_answers_its_share_and_the_others_stay_at_the_stable_version(rig: Rig) -> None:
    rig.head(9)
    rig.change(stable=8, canary=rig.canary(9))
    until(lambda: rig.serves(8, 9))
    answered = rig.versions()
    assert 0.3 < answered.count(9) / len(answered) < 0.7
    assert answered == rig.versions(), "a client is always answered by the same version"
    assert [rig.canary(9).takes(client, "") for client in CLIENTS] == [version == 9 for version in answered]
    assert rig.predictor.predict([rig.swipe], 1).identity.version == 8, (
        "without a client it is the stable one"
    )


def test_new_heads_change_nothing_while_a_canary_is_on(rig: Rig) -> None:
    rig.head(7)
    rig.change(stable=6, canary=rig.canary(7))
    until(lambda: rig.serves(6, 7))
    rig.head(9)
    rig.change(stable=6, canary=rig.canary(7, share=1.0))
    until(lambda: rig.serves(7))
    assert rig.predictor.predict([rig.swipe], 1).identity.version == 6


@pytest.mark.parametrize(("share", "taken"), [(1.0, 9), (1e-9, 8)])
def test_by_predictor_an_instance_serves_one_version_to_all(rig: Rig, share: float, taken: int) -> None:
    rig.head(9)
    rig.change(stable=8, canary=rig.canary(9, share, CanaryBy.PREDICTOR))
    until(lambda: len(rig.predictor.loaded) == 2)
    assert set(rig.versions()) == {taken}
    assert rig.predictor.predict([rig.swipe], 1).identity.version == taken


def test_promoted_and_aborted_models_are_not_fetched_again(rig: Rig) -> None:
    rig.head(9)
    rig.change(stable=8, canary=rig.canary(9))
    until(lambda: rig.serves(8, 9))
    rig.store.available = False
    rig.change()
    until(lambda: rig.serves(9))
    rig.store.available = True
    rig.change(stable=8, canary=rig.canary(9))
    until(lambda: rig.serves(8, 9))
    rig.store.available = False
    rig.change(stable=8, pinned=True)
    until(lambda: rig.serves(8))
    assert rig.predictor.last_refusal is None


def test_a_canary_that_cannot_be_loaded_leaves_everybody_at_the_stable_version_until_it_can(rig: Rig) -> None:
    rig.head(8)
    rig.change()
    until(lambda: rig.serves(8))
    data = rig.lose(9)
    rig.change(stable=8, canary=rig.canary(9))
    until(lambda: rig.predictor.last_refusal is not None and rig.predictor.last_refusal.version == 9)
    assert rig.serves(8)
    rig.store.objects[rig.published[9].event.model.key] = data
    until(lambda: rig.serves(8, 9))


def test_a_stable_version_that_cannot_be_loaded_leaves_the_old_one_beside_the_canary(rig: Rig) -> None:
    rig.head(9)
    rig.change()
    until(lambda: rig.serves(9))
    rig.lose(7)
    rig.change(stable=7, canary=rig.canary(8))
    until(lambda: rig.serves(9, 8))
    rig.change(stable=7, pinned=True)
    until(lambda: rig.serves(9))
    assert rig.predictor.last_refusal is not None
    assert rig.predictor.last_refusal.version == 7


def test_an_unusable_canary_is_given_up_and_an_abort_ends_it(
    rig: Rig, publish: Callable[[int, bytes], Published]
) -> None:
    rig.published[9] = publish(9, b"no model at all")
    rig.head(9)
    rig.change(stable=8, canary=rig.canary(9))
    until(lambda: rig.predictor.last_refusal is not None and rig.predictor.last_refusal.final)
    until(lambda: rig.serves(8))
    rig.change(stable=8, pinned=True)
    until(lambda: rig.predictor.wanted is not None and rig.predictor.wanted.pinned)
    assert rig.predictor.missing == set()


def test_a_flood_while_canaries_come_and_go_meets_no_gap_and_no_mixture(rig: Rig) -> None:
    rig.head(9)
    rig.change()
    until(lambda: rig.serves(9))
    expected = {}
    for version in range(5, 10):
        rig.change(stable=version, pinned=True)
        until(lambda version=version: rig.serves(version))  # type: ignore[misc]
        expected[version] = rig.predictor.predict([rig.swipe], 3).words[0]
    flooding, failures = threading.Event(), list[str]()
    flooding.set()
    seen: set[tuple[int, ...]] = set()

    def flood() -> None:
        while flooding.is_set():
            answer = rig.predictor.predict([rig.swipe] * 4, 3, CLIENTS[:4])
            versions = tuple(one.version for one in answer.identities)
            seen.add(versions)
            if len(set(versions)) > 2 or answer.words != [expected[version] for version in versions]:
                failures.append(str(versions))

    thread = threading.Thread(target=flood)
    thread.start()
    for stable in (5, 6, 7, 8):
        rig.change(stable=stable, canary=rig.canary(9))
        until(lambda stable=stable: rig.serves(stable, 9))  # type: ignore[misc]
        rig.change(stable=stable, pinned=True)
        until(lambda stable=stable: rig.serves(stable))  # type: ignore[misc]
    flooding.clear()
    thread.join(30)
    assert failures == []
    assert len(seen) > 1
