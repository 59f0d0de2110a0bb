import numpy as np
import pytest

from fedswipe.swipe.layout import Layout, load_layout
from fedswipe.swipe.lexicon import SMOOTHING, Lexicon, build_lexicon, dump, left_out, load_lexicon, parse

ENGLISH = load_layout("qwerty-en")
ALPHABET = ENGLISH.alphabet


def layout_of(alphabet: str, **spelt: str) -> Layout:
    return Layout("any-en", alphabet, np.zeros((len(alphabet), 2), np.float32), 0.1, 0.1, spelt)


def first(count: int) -> Lexicon:
    known = load_lexicon("en-10k")
    return Lexicon(known.words[:count], known.log_unigram[:count], known.language, known.alphabet)


def test_spellings_of_one_word_are_one_with_the_frequency_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = {"и": 3e-2, "еще": 2e-3, "ещё": 1e-3}
    monkeypatch.setattr("fedswipe.swipe.lexicon._frequencies", lambda _: known)
    lexicon = build_lexicon("ru", 2, load_layout("jcuken-ru"))
    assert lexicon.words == ("и", "еще")
    assert np.exp(lexicon.log_unigram[1]) == pytest.approx(3e-3, rel=1e-3)


def test_words_longer_than_the_network_can_say_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"ab" * 16: 1e-3, "ab" * 16 + "a": 2e-3, "a" * 16: 1e-3, "a" * 17: 2e-3}
    monkeypatch.setattr("fedswipe.swipe.lexicon._frequencies", lambda _: known)
    assert set(build_lexicon("xx", 2, layout_of("ab")).words) == {"ab" * 16, "a" * 16}
    with pytest.raises(ValueError, match="size: 3; xx has 2 words"):
        build_lexicon("xx", 3, layout_of("ab"))


def test_what_a_layout_has_no_keys_for_is_named_most_frequent_first(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"ab": 1e-2, "zoé": 2e-3, "été": 1e-3, "2030": 9e-3, "née": 4e-3}
    monkeypatch.setattr("fedswipe.swipe.lexicon._frequencies", lambda _: known)
    assert left_out("xx", 3, layout_of("abez")) == ("née", "zoé", "été")
    assert left_out("xx", 3, layout_of("abeznot", é="e")) == ()


def test_a_language_that_wordfreq_does_not_know_is_refused_with_the_known_ones_named() -> None:
    with pytest.raises(ValueError, match="language: wordfreq has no words of 'xx'; there are ar, bg"):
        build_lexicon("xx", 10, ENGLISH)


def test_an_unknown_lexicon_is_refused_with_the_known_ones_named() -> None:
    with pytest.raises(ValueError, match="en-10k, en-30k"):
        load_lexicon("en-1k")


def test_only_words_that_the_alphabet_spells_are_taken() -> None:
    lexicon = build_lexicon("en", 50, layout_of("abcdef"))
    assert len(lexicon.words) == 50
    assert set("".join(lexicon.words)) == set("abcdef")


def test_a_lexicon_larger_than_the_language_is_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        build_lexicon("en", 10, layout_of("q"))


def test_text_is_read_back_as_it_was() -> None:
    lexicon = first(300)
    again = parse(dump(lexicon))
    assert again.words == lexicon.words
    assert again.log_unigram.tobytes() == lexicon.log_unigram.tobytes()
    assert (again.language, again.alphabet) == ("en", ALPHABET)


def test_words_are_put_in_place_of_the_rarest() -> None:
    lexicon = first(100)
    larger = lexicon.with_words(["Zebra", "the", "qzxqz", "zebra", lexicon.words[-1]])
    assert len(larger.words) == 100
    assert set(lexicon.words) - set(larger.words) == set(lexicon.words[-3:-1])
    assert set(larger.words) - set(lexicon.words) == {"zebra", "qzxqz"}
    assert (np.diff(larger.log_unigram) <= 0).all()
    logs = dict(zip(larger.words, larger.log_unigram.tolist(), strict=True))
    everything = load_lexicon("en-30k")
    assert logs["zebra"] == everything.log_unigram[everything.words.index("zebra")]
    assert logs["qzxqz"] == pytest.approx(np.log(1e-8), abs=1e-4)


def test_with_no_new_words_it_is_the_same() -> None:
    lexicon = load_lexicon("en-10k")
    again = lexicon.with_words(lexicon.words[::-1])
    assert again.words == lexicon.words
    assert again.log_unigram.tobytes() == lexicon.log_unigram.tobytes()


@pytest.mark.parametrize("word", ["don't", "naïve", "", "two words"])
def test_words_outside_the_alphabet_are_refused_by_name(word: str) -> None:
    with pytest.raises(ValueError, match=ALPHABET):
        load_lexicon("en-10k").with_words([word])


def test_smoothing_lifts_rare_words_and_keeps_the_order() -> None:
    words = load_lexicon("en-30k")
    smooth = words.smoothed()
    assert smooth.words == words.words
    assert smooth.log_unigram.dtype == np.float32
    assert (np.diff(smooth.log_unigram) <= 0).all()
    expected = np.log(np.exp(words.log_unigram[[0, -1]].astype(float)) + SMOOTHING)
    np.testing.assert_allclose(smooth.log_unigram[[0, -1]], expected, rtol=1e-6)
    assert smooth.log_unigram[-1] > words.log_unigram[-1] + 0.5 > words.log_unigram[-1]


def test_more_words_than_places_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        parse("en abc\n-1.0000 a b\n").with_words(["a", "b", "c"])


def test_a_lexicon_with_a_word_twice_or_a_log_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="words"):
        Lexicon(("a", "a"), np.zeros(2, dtype=np.float32), "en", ALPHABET)
    with pytest.raises(ValueError, match="log_unigram"):
        Lexicon(("a", "b"), np.zeros(1, dtype=np.float32), "en", ALPHABET)
