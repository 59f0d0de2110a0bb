import numpy as np
import pytest

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import layout_names, load_layout
from services.predictor.taps import nearest_letters


def tap(x: float, y: float, width: float = 360.0, height: float = 200.0) -> Gesture:
    return Gesture(np.array([[x * width, y * height, 0.0]], np.float32), width, height)


@pytest.mark.parametrize("name", layout_names())
def test_a_touch_on_a_key_means_its_letter(name: str) -> None:
    layout = load_layout(name)
    for place, letter in zip(layout.centres.tolist(), layout.alphabet, strict=True):
        letters = nearest_letters(layout, tap(*place), 3)
        on_this_key = {
            other
            for other, centre in zip(layout.alphabet, layout.centres.tolist(), strict=True)
            if centre == place
        }
        assert {found.word for found in letters[: len(on_this_key)]} == on_this_key
        assert letter in on_this_key
        assert sum(found.probability for found in letters) == pytest.approx(1.0)


def test_between_two_keys_both_are_as_likely() -> None:
    layout = load_layout("qwerty-en")
    g, h = (layout.centres[layout.alphabet.index(letter)] for letter in "gh")
    first, second, third = nearest_letters(layout, tap(*((g + h) / 2).tolist()), 3)
    assert {first.word, second.word} == {"g", "h"}
    assert first.probability == pytest.approx(second.probability, rel=1e-4)
    assert third.probability < second.probability


def test_height_is_measured_in_the_keyboards_own_shape() -> None:
    """Half way down a row means more key widths on a tall keyboard, so the neighbour row is less likely."""
    layout = load_layout("qwerty-en")
    x, y = layout.centres[layout.alphabet.index("g")].tolist()
    flat = nearest_letters(layout, tap(x, y, 360, 100), 26)
    tall = nearest_letters(layout, tap(x, y, 360, 300), 26)
    assert tall[0].probability > flat[0].probability


def test_a_touch_far_outside_still_has_an_answer() -> None:
    letters = nearest_letters(load_layout("qwerty-en"), tap(-50.0, 80.0), 5)
    assert all(np.isfinite(found.probability) for found in letters)
    assert sum(found.probability for found in letters) == pytest.approx(1.0)
