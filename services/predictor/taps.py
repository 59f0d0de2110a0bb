"""What one touched point means: the letters nearest to it."""

import numpy as np

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout
from services.predictor.served_model import Word

TOUCH_SPREAD = 0.4  # key widths: the standard deviation of a touch around the key that was meant


def nearest_letters(layout: Layout, tap: Gesture, top_k: int) -> list[Word]:
    """The top_k letters under a tap's first point, likeliest first; equal ones in the alphabet's order.

    Touches are taken as normally distributed around a key's centre, alike along both axes; the probabilities
    are among the letters returned.
    """
    x, y, _ = tap.points[0].astype(np.float64)
    # Both axes in key widths: a key's height in pixels depends on the keyboard's shape.
    gaps = layout.centres.astype(np.float64) - (x / tap.width, y / tap.height)
    gaps *= np.array([1.0, tap.height / tap.width]) / layout.key_width
    squares = np.sum(gaps * gaps, axis=1)
    nearest = np.argsort(squares, kind="stable")[:top_k]
    # The nearest one's distance is taken off, so that a touch far outside the keyboard has an answer too.
    weights = np.exp((squares[nearest[0]] - squares[nearest]) / (2.0 * TOUCH_SPREAD**2))
    return [
        Word(layout.alphabet[letter], share)
        for letter, share in zip(nearest.tolist(), (weights / weights.sum()).tolist(), strict=True)
    ]
