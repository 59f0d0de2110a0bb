"""Simulated people: for a demonstration without any real person's swipes."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.styles import UNFAMILIAR, Population
from fedswipe.swipe.synthetic import swipe

EDGE = 0.5  # keyboards beyond the keyboard


@dataclass(frozen=True)
class Typist:
    """A simulated person: the words they meant and how they swiped them."""

    client_id: str
    words: tuple[str, ...]
    gestures: tuple[Gesture, ...]


def simulate_typists(
    layout: Layout,
    lexicon: Lexicon,
    people: int,
    swipes_each: int,
    seed: int,
    population: Population = UNFAMILIAR,
) -> list[Typist]:
    """People with lasting styles, each with ``swipes_each`` swipes of words drawn from the lexicon."""
    random = np.random.default_rng(seed)
    styles = population.draw(people, random).take(np.repeat(np.arange(people), swipes_each))
    words = draw_words(lexicon, people * swipes_each, random)
    gestures = [_on_screen(gesture) for gesture in swipe(layout, words, styles, random)]
    starts = range(0, len(words), swipes_each)
    return [
        Typist(
            f"typist-{number:04}",
            tuple(words[start : start + swipes_each]),
            tuple(gestures[start : start + swipes_each]),
        )
        for number, start in enumerate(starts)
    ]


def _on_screen(gesture: Gesture) -> Gesture:
    """A finger that slips far has left the screen: what it touches last is the screen's edge."""
    size = np.array([gesture.width, gesture.height])
    points = gesture.points.copy()
    points[:, :2] = np.clip(points[:, :2], -EDGE * size, (1 + EDGE) * size)
    return Gesture(points, gesture.width, gesture.height)


def draw_words(lexicon: Lexicon, n: int, random: Generator, temper: float = 0.5) -> list[str]:
    """n words of the lexicon, by their frequency to the power ``temper``; 0 is every word alike."""
    odds = np.exp(temper * lexicon.log_unigram.astype(np.float64))
    rows = random.choice(len(lexicon.words), size=n, p=odds / odds.sum())
    return [lexicon.words[row] for row in rows]
