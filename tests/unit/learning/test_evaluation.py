import numpy as np
import pytest

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.evaluation import Model, accuracy, latency
from fedswipe.learning.weights import Weights, with_search
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.styles import FACTORY
from fedswipe.swipe.synthetic import swipe

LAYOUT = load_layout("qwerty-en")
ENGLISH = Architecture(LAYOUT)
WORDS = ("hello", "swipe", "kafka", "model", "letter")
LEXICON = Lexicon(WORDS, np.log(np.full(len(WORDS), 0.2, np.float32)), "en", LAYOUT.alphabet)


def a_model(search: SearchWeights) -> Model:
    random = np.random.default_rng(0)
    weights: Weights = {
        name: np.asarray(random.normal(0, 0.1, shape), np.float32) for name, shape in ENGLISH.shapes.items()
    }
    return Model(ENGLISH, with_search(weights, search), Decoder(LEXICON, LAYOUT))


def some_swipes(words: list[str]) -> list[Gesture]:
    random = np.random.default_rng(1)
    return swipe(LAYOUT, words, FACTORY.draw(len(words), random), random)


def test_each_right_place_counts_once() -> None:
    model = a_model(SearchWeights(0.3, 0.0, 1.0))
    gestures = some_swipes(["hello"] * 60) * 5
    ranked = model.rank(gestures, 4)
    words = [
        found[i % 4].word for i, found in enumerate(ranked)
    ]  # a quarter each first, second, third, fourth
    done: list[int] = []
    judged = accuracy(model, words, gestures, frozenset(WORDS), threads=2, progress=done.append)
    assert (judged.top1, judged.top3, judged.swipes) == (0.25, 0.75, 300)
    assert judged.coverage == 1
    assert done == [128, 256, 300]


def test_a_word_outside_the_lexicon_is_wrong_and_not_covered() -> None:
    words = ["hello", "federation"]
    judged = accuracy(
        a_model(SearchWeights(0.3, 0.0, 1.0)),
        words,
        some_swipes(words),
        frozenset(WORDS),
        1,
        lambda done: None,
    )
    assert judged.coverage == 0.5
    assert judged.top3 <= 0.5


def test_the_models_own_search_weights_decide() -> None:
    gestures = some_swipes(["hello", "swipe"])
    longest = a_model(SearchWeights(0.0, 1000.0, 1.0))
    assert [found[0].word for found in longest.rank(gestures, 1)] == ["letter", "letter"]


def test_of_words_that_a_network_cannot_tell_apart_the_swipes_path_decides() -> None:
    words = ["swipe", "kafka", "model"]
    zeros = {name: np.zeros(shape, np.float32) for name, shape in ENGLISH.shapes.items()}
    lexicon = Lexicon(tuple(words), np.full(3, -1.0, np.float32), "en", LAYOUT.alphabet)
    model = Model(ENGLISH, with_search(zeros, SearchWeights(1.0, 0.0, 1.0)), Decoder(lexicon, LAYOUT))
    gestures = some_swipes(words)
    assert [found[0].word for found in model.rank(gestures, 1)] == words
    assert accuracy(model, words, gestures, frozenset(words), 1, lambda done: None).top1 == 1


def test_no_swipes_are_an_error() -> None:
    with pytest.raises(ValueError, match="no swipes"):
        accuracy(a_model(SearchWeights(0.3, 0.0, 1.0)), [], [], frozenset(WORDS), 1, lambda done: None)


def test_latency_is_of_every_swipe() -> None:
    found = latency(a_model(SearchWeights(0.3, 0.0, 1.0)), some_swipes(["hello"] * 5))
    assert 0 < found.p50_ms <= found.p99_ms
