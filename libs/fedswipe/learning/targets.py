"""Words as CTC targets."""

import numpy as np
from numpy.typing import NDArray

from fedswipe.learning.architecture import STRIDE
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.steps import STEPS


def target(layout: Layout, word: str) -> NDArray[np.int64]:
    """The word's classes, int64 (letters,), fit to be trained.

    Raises ``ValueError`` for a letter that has no key, and for a word longer than the network's output:
    CTC needs a step for each letter and one more between two equal ones.
    """
    classes = layout.encode(word)
    steps = len(classes) + int((classes[1:] == classes[:-1]).sum())
    if steps > STEPS // STRIDE:
        raise ValueError(
            f"word {word!r} needs {steps} steps of CTC, {STEPS // STRIDE} are there; leave it out"
        )
    return classes


def is_trainable(layout: Layout, word: str) -> bool:
    """Whether `target` takes the word."""
    try:
        target(layout, word)
    except ValueError:
        return False
    return True
