import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe.swipe.bigrams import STEP, UNKNOWN, Bigrams, dump, load_bigrams, parse
from fedswipe.swipe.context import START
from fedswipe.swipe.lexicon import load_lexicon

VOCABULARY = ("a", "bee", "sea", "dee", "élan")
Pairs = dict[tuple[str, str], int]
all_pairs: st.SearchStrategy[Pairs] = st.dictionaries(
    st.tuples(st.sampled_from((START, *VOCABULARY)), st.sampled_from(VOCABULARY)),
    st.integers(-127, 127),
    min_size=1,
)
any_words = st.lists(st.sampled_from(VOCABULARY) | st.just("other"), min_size=1, max_size=6)


def bigrams(pairs: Pairs) -> Bigrams:
    places = {word: place for place, word in enumerate((*VOCABULARY, START))}
    steps = {places[before] * len(VOCABULARY) + places[word]: step for (before, word), step in pairs.items()}
    keys = sorted(steps)
    return Bigrams(VOCABULARY, np.array(keys), np.array([steps[key] for key in keys], dtype=np.int8))


@given(pairs=all_pairs, before=st.sampled_from((START, *VOCABULARY, "other", None)), words=any_words)
def test_a_pairs_gain_is_its_own_and_any_others_is_none(
    pairs: Pairs, before: str | None, words: list[str]
) -> None:
    some = bigrams(pairs)
    gains = some.gains(some.places([before]), some.places(words)[None])
    expected = [STEP * pairs.get((before, word), 0) if before is not None else 0.0 for word in words]
    assert gains.tolist() == [expected]


@given(pairs=all_pairs)
def test_a_file_holds_every_pair(pairs: Pairs) -> None:
    some = bigrams(pairs)
    data = dump(some)
    again = parse(data)
    assert again.vocabulary == some.vocabulary
    assert again.keys.tolist() == some.keys.tolist()
    assert again.steps.tolist() == some.steps.tolist()
    assert dump(again) == data


def test_an_unknown_word_has_no_place() -> None:
    places = bigrams({(START, "a"): 1}).places(["a", "other", None, START])
    assert places.tolist() == [0, UNKNOWN, UNKNOWN, len(VOCABULARY)]


@pytest.mark.parametrize("keys", [[], [3, 3], [4, 2], [-1, 2], [0, 30], [1, 2, 3]])
def test_keys_are_in_order_and_within_the_vocabulary(keys: list[int]) -> None:
    with pytest.raises(ValueError, match="keys: "):
        Bigrams(VOCABULARY, np.array(keys, dtype=np.int64), np.zeros(min(len(keys), 2), dtype=np.int8))


def test_a_vocabulary_that_no_file_can_hold_is_refused() -> None:
    words = tuple(map(str, range(70_000)))
    with pytest.raises(ValueError, match="vocabulary: 70000"):
        dump(Bigrams(words, np.array([0]), np.zeros(1, dtype=np.int8)))


def test_english_bigrams_come_with_the_package_and_others_do_not() -> None:
    english = load_bigrams("en-30k")
    assert english is not None
    assert set(english.vocabulary) <= set(load_lexicon("en-30k").words)
    assert (len(english.keys), english.steps.dtype) == (300_000, np.int8)
    words = english.places(["you", "york", "i"])[None]
    thank, new, first = english.gains(english.places(["thank", "new", START]), np.repeat(words, 3, axis=0))
    assert thank.argmax() == 0
    assert new.argmax() == 1
    assert first.argmax() == 2
    assert load_bigrams("ru-30k") is None
