from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import from_bytes, to_bytes
from fedswipe.modelstore import ContentMismatch, ObjectMissing, StoreUnavailable
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.search import Decoder
from fedswipe.testing.modelstore import InMemoryModelStore
from services.predictor.handlers import ModelNotLoaded, Predictor, Published
from services.predictor.served_model import ModelUnfit, over_all_keys

Publish = Callable[[int, bytes], Published]
RandomModel = Callable[[int], bytes]
TAP = Gesture(np.array([[180, 100, 0]], np.float32), 360.0, 200.0)


@pytest.fixture
def swipe(decoder: Decoder) -> Gesture:
    return over_all_keys(decoder.layout)


def test_nothing_is_predicted_before_the_first_model(predictor: Predictor, swipe: Gesture) -> None:
    for gestures in ([swipe], [TAP], []):
        with pytest.raises(ModelNotLoaded, match="swipe-en"):
            predictor.predict(gestures, 5)
    assert predictor.identity is None


def test_a_loaded_model_answers_and_says_which_it_is(
    predictor: Predictor, publish: Publish, random_model: RandomModel, swipe: Gesture
) -> None:
    published = publish(3, random_model(1))
    predictor.reload_model(published)
    answer = predictor.predict([swipe, swipe], 4)
    assert [len(words) for words in answer.words] == [4, 4]
    assert answer.words[0] == answer.words[1]
    shares = [word.probability for word in answer.words[0]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1.0)
    assert (answer.identity.version, answer.identity.sha256) == (3, published.event.model.sha256)
    assert answer.identity.link_sha256 == published.link.sha256
    assert answer.identity == predictor.identity


def test_taps_and_swipes_keep_their_places_in_a_batch(
    predictor: Predictor, publish: Publish, random_model: RandomModel, swipe: Gesture
) -> None:
    predictor.reload_model(publish(1, random_model(1)))
    alone = predictor.predict([swipe], 2).words[0]
    words = predictor.predict([TAP, swipe, TAP], 2).words
    assert words[1] == alone
    assert words[0] == words[2]
    assert all(len(word.word) == 1 for word in words[0])


def other_shape(data: bytes, architecture: Architecture) -> bytes:
    weights = from_bytes(data, architecture)
    return to_bytes(weights | {"head.bias": np.zeros(3, np.float32)})


def not_finite(data: bytes, architecture: Architecture) -> bytes:
    weights = from_bytes(data, architecture)
    return to_bytes(weights | {"head.bias": weights["head.bias"] * np.float32(np.nan)})


def overflowing(data: bytes, architecture: Architecture) -> bytes:
    """Finite weights whose outputs are not."""
    weights = from_bytes(data, architecture)
    huge = np.full_like(weights["head.weight"], 3e38)
    return to_bytes(weights | {"head.weight": huge, "head.bias": np.full_like(weights["head.bias"], -3e38)})


def silent(data: bytes, architecture: Architecture) -> bytes:
    """So sure of the blank that float32 leaves no word any probability."""
    weights = from_bytes(data, architecture)
    bias = np.full_like(weights["head.bias"], -3e38)
    bias[0] = 3e38
    return to_bytes(weights | {"head.bias": bias})


def cut_short(data: bytes, architecture: Architecture) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize("spoil", [other_shape, not_finite, overflowing, silent, cut_short])
def test_a_model_that_cannot_answer_leaves_the_old_one(
    predictor: Predictor,
    publish: Publish,
    random_model: RandomModel,
    architecture: Architecture,
    swipe: Gesture,
    spoil: Callable[[bytes, Architecture], bytes],
) -> None:
    predictor.reload_model(publish(1, random_model(1)))
    before = predictor.predict([swipe], 5)
    with pytest.raises(ModelUnfit):
        predictor.reload_model(publish(2, spoil(random_model(2), architecture)))
    assert predictor.predict([swipe], 5) == before


@pytest.mark.parametrize(
    ("fault", "error"),
    [("changed", ContentMismatch), ("missing", ObjectMissing), ("away", StoreUnavailable)],
)
def test_a_model_that_cannot_be_fetched_leaves_the_old_one(
    predictor: Predictor,
    publish: Publish,
    random_model: RandomModel,
    store: InMemoryModelStore,
    swipe: Gesture,
    fault: str,
    error: type[Exception],
) -> None:
    predictor.reload_model(publish(1, random_model(1)))
    before = predictor.predict([swipe], 5)
    second = publish(2, random_model(2))
    if fault == "changed":
        data = store.objects[second.event.model.key]
        store.objects[second.event.model.key] = data[:-1] + bytes([data[-1] ^ 1])
    elif fault == "missing":
        del store.objects[second.event.model.key]
    else:
        store.available = False
    with pytest.raises(error):
        predictor.reload_model(second)
    assert predictor.predict([swipe], 5) == before


def test_the_same_model_under_a_new_link_is_served_under_the_new_version(
    predictor: Predictor, publish: Publish, random_model: RandomModel
) -> None:
    first = publish(1, random_model(1))
    predictor.reload_model(first)
    predictor.reload_model(Published(replace(first.link, version=2), publish(2, random_model(1)).event))
    assert predictor.identity is not None
    assert (predictor.identity.version, predictor.identity.sha256) == (2, first.event.model.sha256)
