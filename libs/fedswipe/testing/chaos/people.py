"""The people of a run: simulated typists with short words, each with swipes enough for any run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import Lexicon, load_lexicon
from fedswipe.swipe.typists import Typist, simulate_typists
from fedswipe.topology import Lineage

CLIENTS = 24  # together; each sender has clients of its own
GESTURES = 60  # a client, sent again and again under new ids
LETTERS = range(2, 5)  # of a word: short gestures, so that sending and training cost little
WORDLESS = 0.05  # the share of swipes whose word nobody knows


@dataclass
class Typing:
    """One client: how they swipe some words, and how many swipes they have made."""

    client_id: str
    words: Sequence[str]
    shapes: Sequence[dict[str, Any]]
    made: int = 0

    def next(self, count: int, random: np.random.Generator) -> list[dict[str, Any]]:
        """Return the bodies of their next swipes, under ids that were never used."""
        numbers = range(self.made, self.made + count)
        self.made += count
        return [self._body(n, bool(random.random() >= WORDLESS)) for n in numbers]

    def _body(self, number: int, known: bool) -> dict[str, Any]:
        place = number % len(self.words)
        names = {"client_id": self.client_id, "swipe_id": f"{self.client_id}-{number}"}
        return {**names, "word": self.words[place] if known else None, **self.shapes[place]}


def a_swipe(lineage: Lineage) -> bytes:
    """Return the body of a request for the words of one swipe."""
    typist = _typists(lineage, 1, 1, seed=0)[0]
    return orjson.dumps({"swipes": [_shape(lineage, typist.gestures[0])], "top_k": 3})


def typing_people(lineage: Lineage, seed: int) -> list[Typing]:
    """Return the clients of a run; the same seed gives the same people."""
    return list(_people(lineage, seed))


def _people(lineage: Lineage, seed: int) -> Iterator[Typing]:
    for typist in _typists(lineage, CLIENTS, GESTURES, seed):
        yield Typing(typist.client_id, typist.words, [_shape(lineage, one) for one in typist.gestures])


def _typists(lineage: Lineage, people: int, swipes_each: int, seed: int) -> list[Typist]:
    layout, lexicon = load_layout(lineage.layout), load_lexicon(lineage.lexicon)
    return simulate_typists(layout, _short(lexicon), people, swipes_each, seed)


def _shape(lineage: Lineage, gesture: Gesture) -> dict[str, Any]:
    points = np.round(gesture.points.astype(float), 1).tolist()  # finer than any finger
    names = {"layout": lineage.layout, "width": gesture.width, "height": gesture.height}
    return {**names, "points": orjson.Fragment(orjson.dumps(points))}


def _short(lexicon: Lexicon) -> Lexicon:
    kept = [row for row, word in enumerate(lexicon.words) if len(word) in LETTERS]
    words = tuple(lexicon.words[row] for row in kept)
    return Lexicon(words, lexicon.log_unigram[kept], lexicon.language, lexicon.alphabet)
