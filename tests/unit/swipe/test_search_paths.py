"""What a swipe's path adds to the search."""

import numpy as np
import pytest

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.paths import Paths
from fedswipe.swipe.search import PATH_COST, Decoder
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.testing.exhaustive_search import english, lexicon, log_softmax

LAYOUT = english()
SEARCH = SearchWeights(unigram=1.0, length=0.5, scale=1.0)
WORDS = [
    "swipe",
    "kafka",
    "model",
    "types",
]  # of one length and no doubled letter: even outputs like all alike
EVEN = log_softmax(np.zeros((32, LAYOUT.classes)))


def through(word: str) -> Gesture:
    places = LAYOUT.centres[LAYOUT.encode(word) - 1] * [360.0, 215.0]
    return Gesture(np.column_stack([places, np.arange(5) * 90.0]).astype(np.float32), 360.0, 215.0)


@pytest.fixture
def decoder() -> Decoder:
    return Decoder(lexicon(dict.fromkeys(WORDS, -2.0)), LAYOUT)


@pytest.fixture
def paths() -> Paths:
    return Paths.of(LAYOUT, [through(word) for word in WORDS])


def test_of_words_that_outputs_spell_alike_the_nearest_is_first(decoder: Decoder, paths: Paths) -> None:
    outputs = np.stack([EVEN] * len(WORDS))
    found = decoder.decode_batch(outputs, SEARCH, 1, paths=paths)
    assert [best.word for (best,) in found] == WORDS
    assert decoder.rank_all(outputs, SEARCH, 1, paths=paths).words[:, 0].tolist() == [0, 1, 2, 3]


def test_a_score_is_less_by_the_distance_alone(decoder: Decoder, paths: Paths) -> None:
    outputs, every = np.stack([EVEN] * len(WORDS)), np.tile(np.arange(4, dtype=np.int32), (4, 1))
    plain, ranking = decoder.rank(outputs, SEARCH, 4), decoder.rank(outputs, SEARCH, 4, paths=paths)
    order = np.argsort(ranking.words, axis=1)
    less = plain.scores[:, :1] - np.take_along_axis(ranking.scores, order, axis=1)
    assert less == pytest.approx(PATH_COST * paths.distances(decoder.spellings, every))
    assert ranking.ctcs == pytest.approx(plain.ctcs)


def test_it_counts_too_where_the_beam_held_too_few_words(paths: Paths) -> None:
    outputs = np.stack([log_softmax(40.0 * (np.arange(LAYOUT.classes) == 0) + np.zeros((32, 1)))])
    decoder = Decoder(lexicon(dict.fromkeys(WORDS, -2.0)), LAYOUT)
    for n, word in enumerate(WORDS):
        (found,) = decoder.decode_batch(outputs, SEARCH, 4, paths=paths.of_rows(np.array([n])))
        assert len(found) == 4
        assert found[0].word == word


def test_each_output_has_its_own_path(decoder: Decoder, paths: Paths) -> None:
    with pytest.raises(ValueError, match="paths: 4 for 1 outputs; give one each"):
        decoder.rank(EVEN[None], SEARCH, 1, paths=paths)
