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
from fedswipe.topology import LINEAGES, Lineage


@pytest.mark.parametrize("line", LINEAGES, ids=lambda line: line.model_id)
def test_every_lineage_has_a_whole_model_of_about_a_megabyte(line: Lineage) -> None:
    assert len(factory_bytes(line.model_id)) < 1_100_000
    architecture = Architecture(load_layout(line.layout))
    assert search_weights(factory_weights(line.model_id, architecture)).scale > 0


@pytest.mark.parametrize("line", LINEAGES, ids=lambda line: line.model_id)
def test_it_reads_typists_like_those_it_was_trained_on(line: Lineage) -> None:
    architecture, lexicon = Architecture(load_layout(line.layout)), load_lexicon(line.lexicon)
    layout = architecture.layout
    typists = simulate_typists(layout, lexicon, people=20, swipes_each=10, seed=9, population=FACTORY)
    words = [word for typist in typists for word in typist.words]
    gestures = [gesture for typist in typists for gesture in typist.gestures]
    weights = factory_weights(line.model_id, architecture)
    model = Model(architecture, weights, Decoder(lexicon, layout))
    found = accuracy(model, words, gestures, frozenset(lexicon.words), threads=1, progress=lambda done: None)
    assert found.top1 > 0.85


def test_an_unknown_lineage_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="swipe-en"):
        factory_bytes("swipe-xx")
