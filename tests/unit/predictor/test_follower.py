import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fedswipe.events import LinkRef
from fedswipe.serving.state import ServingState
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.search import Decoder
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.testing.until import until
from services.predictor.follower import BackOff, ModelFollower
from services.predictor.handlers import Predictor, Published
from services.predictor.served_model import over_all_keys

Publish = Callable[[int, bytes], Published]
RandomModel = Callable[[int], bytes]
Find = Callable[[LinkRef], Published]
Follow = Callable[[BackOff], ModelFollower]
QUICK = BackOff(first=0.001, cap=0.01)
NEVER_AGAIN = BackOff(first=3600.0, cap=3600.0)


@pytest.fixture
def swipe(decoder: Decoder) -> Gesture:
    return over_all_keys(decoder.layout)


@pytest.fixture
def follow(predictor: Predictor, find: Find) -> Iterator[Follow]:
    """Start followers; each of them has to end by itself once it is stopped."""
    started: list[tuple[ModelFollower, threading.Thread]] = []

    def start(back_off: BackOff) -> ModelFollower:
        follower = ModelFollower(predictor, back_off, find)
        follower.serving_changed(ServingState())
        thread = threading.Thread(target=follower.run)
        thread.start()
        started.append((follower, thread))
        return follower

    yield start
    for follower, thread in started:
        follower.stop()
        thread.join(10)
        assert not thread.is_alive()


def serves(predictor: Predictor, version: int) -> Callable[[], bool]:
    return lambda: predictor.identity is not None and predictor.identity.version == version


def refuses(predictor: Predictor, version: int) -> Callable[[], bool]:
    return lambda: predictor.last_refusal is not None and predictor.last_refusal.version == version


def test_each_new_head_is_served(
    predictor: Predictor, follow: Follow, publish: Publish, random_model: RandomModel
) -> None:
    follower = follow(QUICK)
    for version in (1, 2):
        follower.followed(publish(version, random_model(version)).ref)
        until(serves(predictor, version))
    assert predictor.last_refusal is None


def test_a_store_that_comes_back_is_asked_again(
    predictor: Predictor,
    follow: Follow,
    publish: Publish,
    random_model: RandomModel,
    store: InMemoryModelStore,
) -> None:
    head = publish(1, random_model(1))
    store.available = False
    follow(QUICK).followed(head.ref)
    until(lambda: predictor.last_refusal is not None and predictor.last_refusal.attempts > 2)
    assert predictor.last_refusal is not None
    assert not predictor.last_refusal.final
    assert "StoreUnavailable" in predictor.last_refusal.reason
    store.available = True
    until(serves(predictor, 1))


def test_a_newer_head_ends_the_wait_for_an_older_one(
    predictor: Predictor,
    follow: Follow,
    publish: Publish,
    random_model: RandomModel,
    store: InMemoryModelStore,
) -> None:
    dangling = publish(1, random_model(1))
    del store.objects[dangling.event.model.key]
    follower = follow(NEVER_AGAIN)
    follower.followed(dangling.ref)
    until(refuses(predictor, 1))
    follower.followed(publish(2, random_model(2)).ref)
    until(serves(predictor, 2))


def test_an_unusable_model_is_not_tried_again_and_the_old_one_answers(
    predictor: Predictor, follow: Follow, publish: Publish, random_model: RandomModel
) -> None:
    follower = follow(QUICK)
    follower.followed(publish(1, random_model(1)).ref)
    until(serves(predictor, 1))
    follower.followed(publish(2, b"no model at all").ref)
    until(refuses(predictor, 2))
    assert predictor.last_refusal is not None
    assert predictor.last_refusal.final
    assert serves(predictor, 1)()
    follower.followed(publish(3, random_model(3)).ref)
    until(serves(predictor, 3))
    assert predictor.last_refusal.attempts == 1


def test_a_stop_ends_the_wait_for_another_try(
    predictor: Predictor,
    follow: Follow,
    publish: Publish,
    random_model: RandomModel,
    store: InMemoryModelStore,
) -> None:
    head = publish(1, random_model(1))
    store.available = False
    follow(NEVER_AGAIN).followed(head.ref)
    until(refuses(predictor, 1))  # the fixture stops it and joins its thread


def test_an_error_nobody_expects_ends_the_follower(
    predictor: Predictor,
    find: Find,
    publish: Publish,
    random_model: RandomModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has to crash the process: a supervisor starts it again."""

    def broken(*_: object) -> None:
        raise KeyError("a fault in the program")

    monkeypatch.setattr(predictor, "reload_model", broken)
    follower = ModelFollower(predictor, QUICK, find)
    follower.serving_changed(ServingState())
    follower.followed(publish(1, random_model(1)).ref)
    with pytest.raises(KeyError):
        follower.run()


def test_a_flood_of_requests_meets_no_gap_and_no_mixture(
    predictor: Predictor, follow: Follow, publish: Publish, random_model: RandomModel, swipe: Gesture
) -> None:
    versions = range(1, 9)
    heads = {version: publish(version, random_model(version)) for version in versions}
    expected = {}
    for version, head in heads.items():
        predictor.reload_model(head)
        expected[version] = predictor.predict([swipe], 5).words[0]
    assert len({tuple(words) for words in expected.values()}) == len(versions)
    follower, flooding = follow(QUICK), threading.Event()
    flooding.set()

    def flood() -> list[int]:
        seen = []
        while flooding.is_set():
            answer = predictor.predict([swipe] * 3, 5)
            assert answer.words == [expected[answer.identity.version]] * 3
            seen.append(answer.identity.version)
        return seen

    with ThreadPoolExecutor(3) as pool:
        floods = [pool.submit(flood) for _ in range(3)]
        try:
            for version, head in heads.items():
                follower.followed(head.ref)
                until(serves(predictor, version))
        finally:
            flooding.clear()
        seen = {version for answered in floods for version in answered.result(10)}
    assert len(seen) > 1


def test_waits_grow_to_the_cap_and_are_drawn_at_random() -> None:
    back_off = BackOff(first=0.1, cap=5.0, random=np.random.default_rng(1))
    for tries, most in ((1, 0.1), (2, 0.2), (3, 0.4), (7, 5.0), (5_000, 5.0)):
        waits = [back_off.seconds(tries) for _ in range(50)]
        assert all(most / 2 <= wait <= most for wait in waits)
        assert len(set(waits)) > 40
