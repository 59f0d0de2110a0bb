import numpy as np
import pytest

from fedswipe.swipe.layout import layout_names, load_layout


@pytest.mark.parametrize(("name", "letters"), [("qwerty-en", 26), ("jcuken-ru", 32)])
def test_every_letter_of_the_alphabet_has_a_centre_on_the_keyboard(name: str, letters: int) -> None:
    layout = load_layout(name)
    assert len(set(layout.alphabet)) == letters
    assert layout.classes == letters + 1
    assert layout.centres.shape == (letters, 2)
    assert layout.centres.dtype == np.float32
    assert ((layout.centres > 0) & (layout.centres < 1)).all()


def test_keys_lie_where_first_touches_of_the_public_logs_lie() -> None:
    layout = load_layout("qwerty-en")
    centre = dict(zip(layout.alphabet, layout.centres.tolist(), strict=True))
    assert centre["q"] == pytest.approx([0.05, 0.15])
    assert centre["l"] == pytest.approx([0.9, 0.43])
    assert centre["z"] == pytest.approx([0.2, 0.70])


def test_letters_behind_a_long_press_share_the_key() -> None:
    layout = load_layout("jcuken-ru")
    centre = dict(zip(layout.alphabet, layout.centres.tolist(), strict=True))
    assert centre["ъ"] == centre["ь"]
    assert len({tuple(c) for c in centre.values()}) == 31


def test_a_key_is_its_own_letter_before_the_one_behind_its_long_press() -> None:
    alphabet = load_layout("jcuken-ru").alphabet
    assert alphabet.index("ь") < alphabet.index("ъ")


def test_a_word_has_one_spelling_on_a_keyboard_that_writes_without_a_letter() -> None:
    layout = load_layout("jcuken-ru")
    assert layout.spell("ещё") == "еще"
    assert layout.spell("объём") == "объем"
    assert load_layout("qwerty-en").spell("ещё") == "ещё"


def test_a_word_is_encoded_in_class_order_with_the_blank_left_free() -> None:
    assert load_layout("qwerty-en").encode("abz").tolist() == [1, 2, 26]


@pytest.mark.parametrize("word", ["don't", "Hello", "", "ё"])
def test_a_word_without_keys_is_refused_with_the_alphabet_named(word: str) -> None:
    with pytest.raises(ValueError, match="abcdefghijklmnopqrstuvwxyz"):
        load_layout("qwerty-en").encode(word)


def test_an_unknown_layout_is_refused_with_the_known_ones_named() -> None:
    assert {"jcuken-ru", "qwerty-en"} <= set(layout_names())
    with pytest.raises(ValueError, match=f"use one of: {', '.join(layout_names())}"):
        load_layout("azerty")
