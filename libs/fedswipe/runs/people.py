"""Whose swipes a run learns from, which set its search weights, and which only judge it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fedswipe.datasets.how_we_swipe import is_unseen, read_people
from fedswipe.errors import FedswipeError
from fedswipe.learning.targets import is_trainable
from fedswipe.swipe.context import Before, word_before
from fedswipe.swipe.gesture import Gesture, LabelledGesture
from fedswipe.swipe.layout import Layout


@dataclass(frozen=True, eq=False)
class Swipes:
    """Words, the gestures that meant them, and the words that stood before where the logs tell them."""

    words: Sequence[str]
    gestures: Sequence[Gesture]
    before: Before = None

    @classmethod
    def of(cls, labelled: Sequence[LabelledGesture]) -> "Swipes":
        """From labelled gestures."""
        before = [None if one.context is None else word_before(one.context) for one in labelled]
        return cls([one.word for one in labelled], [one.gesture for one in labelled], before)

    def spread(self, most: int) -> "Swipes":
        """At most so many, spread over all of them."""
        some = slice(None, None, -(-len(self.words) // most))
        return Swipes(self.words[some], self.gestures[some], self.before and self.before[some])


@dataclass(frozen=True, eq=False)
class People:
    """A data set, split by person: nobody's swipes stand in two parts."""

    clients: dict[str, Swipes]  # who may be trained on
    held_out: Swipes  # of one in twenty of the others: they set the search's weights of central training
    unseen: Swipes  # of one in ten: nothing is ever trained or set on them
    words: frozenset[str]  # everybody's


def read_split(path: Path, layout: Layout) -> People:
    """Read logs and split them. FedswipeError that names the option when they cannot be read."""
    clients: dict[str, Swipes] = {}
    held_out: list[LabelledGesture] = []
    unseen: list[LabelledGesture] = []
    words: set[str] = set()
    try:
        for person in read_people(path):
            words.update(one.word for one in person.swipes)
            trainable = [one for one in person.swipes if is_trainable(layout, one.word)]
            if is_unseen(person.id):
                unseen += person.swipes
            elif _is_held_out(person.id):
                held_out += trainable
            elif trainable:
                clients[person.id] = Swipes.of(trainable)
    except (OSError, ValueError) as error:
        raise FedswipeError(f"--swipes {path}: {error}") from error
    if not (clients and held_out and unseen):
        raise FedswipeError(f"--swipes {path}: too few people to split; give the whole data set")
    return People(clients, Swipes.of(held_out), Swipes.of(unseen), frozenset(words))


def _is_held_out(person_id: str) -> bool:
    return int(hashlib.sha256(f"held out {person_id}".encode()).hexdigest(), 16) % 20 == 0
