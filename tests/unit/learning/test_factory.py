import pytest

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.evaluation import Model, accuracy
from fedswipe.learning.factory import factory_bytes, factory_weights
from fedswipe.learning.weights import search_weights
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.styles import FACTORY
from fedswipe.swipe.typists import simulate_typists

ENGLISH = Architecture(load_layout("qwerty-en"))


def test_the_shipped_model_is_whole_and_about_a_megabyte() -> None:
    assert len(factory_bytes("swipe-en")) < 1_100_000
    assert search_weights(factory_weights("swipe-en", ENGLISH)).scale > 0


def test_it_reads_typists_like_those_it_was_trained_on() -> None:
    lexicon = load_lexicon("en-10k")
    typists = simulate_typists(ENGLISH.layout, lexicon, people=20, swipes_each=10, seed=9, population=FACTORY)
    words = [word for typist in typists for word in typist.words]
    gestures = [gesture for typist in typists for gesture in typist.gestures]
    model = Model(ENGLISH, factory_weights("swipe-en", ENGLISH), Decoder(lexicon, ENGLISH.layout))
    found = accuracy(model, words, gestures, frozenset(lexicon.words), threads=1, progress=lambda done: None)
    assert found.top1 > 0.85


def test_an_unknown_lineage_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="swipe-en"):
        factory_bytes("swipe-xx")
