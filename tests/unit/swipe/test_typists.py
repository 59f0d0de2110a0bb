from dataclasses import replace

import numpy as np

from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.styles import FACTORY, Normal
from fedswipe.swipe.typists import draw_words, simulate_typists

LAYOUT = load_layout("qwerty-en")
LEXICON = load_lexicon("en-10k")


def starts_right_of_the_key(words: tuple[str, ...], gestures: tuple) -> float:
    centres = LAYOUT.centres[[LAYOUT.encode(word)[0] - 1 for word in words]]
    firsts = [gesture.points[0, 0] / gesture.width for gesture in gestures]
    return float(np.mean(firsts - centres[:, 0])) / LAYOUT.key_width


def test_people_keep_their_style_from_swipe_to_swipe() -> None:
    leaning = replace(FACTORY, offset_x=Normal(0, 0.4))
    typists = simulate_typists(LAYOUT, LEXICON, people=10, swipes_each=40, seed=0, population=leaning)
    halves = [
        (
            starts_right_of_the_key(t.words[:20], t.gestures[:20]),
            starts_right_of_the_key(t.words[20:], t.gestures[20:]),
        )
        for t in typists
    ]
    assert np.corrcoef(np.array(halves).T)[0, 1] > 0.8


def test_demo_typists_are_unlike_those_of_the_factory() -> None:
    strangers = simulate_typists(LAYOUT, LEXICON, people=20, swipes_each=20, seed=0)
    familiar = simulate_typists(LAYOUT, LEXICON, people=20, swipes_each=20, seed=0, population=FACTORY)
    offsets = [
        np.mean([starts_right_of_the_key(t.words, t.gestures) for t in typists])
        for typists in (strangers, familiar)
    ]
    assert offsets[0] > offsets[1] + 0.15


def test_people_are_as_many_as_asked_for_and_have_names_of_their_own() -> None:
    typists = simulate_typists(LAYOUT, LEXICON, people=5, swipes_each=7, seed=3)
    assert len({typist.client_id for typist in typists}) == 5
    assert {(len(typist.words), len(typist.gestures)) for typist in typists} == {(7, 7)}


def test_fingers_stay_on_the_screen() -> None:
    wild = replace(FACTORY, aim=Normal(30, 1), end_aim=Normal(30, 1))
    typists = simulate_typists(LAYOUT, LEXICON, people=5, swipes_each=20, seed=0, population=wild)
    for gesture in (gesture for typist in typists for gesture in typist.gestures):
        places = gesture.points[:, :2] / [gesture.width, gesture.height]
        assert places.min() >= -0.5001
        assert places.max() <= 1.5001


def test_frequent_words_are_drawn_more_often() -> None:
    words = draw_words(LEXICON, 20_000, np.random.default_rng(0))
    assert words.count(LEXICON.words[0]) > 10 * max(words.count(word) for word in LEXICON.words[-100:])
    assert len(set(words)) > 3000
