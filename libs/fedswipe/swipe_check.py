"""The one validation of a swipe: whoever writes one and whoever reads one from the topic ask this module.

A swipe that passes here passes again after it went through the topic: everything is judged in float32,
as it is stored. Pure. One point is a tap: valid, and not trained.
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fedswipe.errors import InvalidMessage
from fedswipe.events import ClientId, SwipeId, SwipeRecorded
from fedswipe.learning.targets import target
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout, load_layout
from fedswipe.topology import LINEAGES, lineage_of_layout

MAX_POINTS = 2_000
MAX_ID = 128  # characters
DOTS = (".", "..")  # browsers take them out of paths, so no client page can have them; older swipes may
MAX_SIDE = 100_000.0  # pixels
MAX_DURATION = 600_000.0  # ms: up to there float32 keeps a sixteenth of a millisecond
FAR = 2.0  # keyboards: a finger that leaves the keyboard stays nearer than that


class InvalidSwipe(InvalidMessage):
    """A swipe that will never be right; `reason` is its stable code, `field` what to mend, `remedy` how."""

    def __init__(self, code: str, field: str, remedy: str) -> None:
        super().__init__(code, f"{field}: {remedy}")
        self.field = field
        self.remedy = remedy


def recorded(
    *,
    client_id: str,
    swipe_id: str,
    layout: str,
    word: str | None,
    width: float,
    height: float,
    points: ArrayLike,
) -> SwipeRecorded:
    """Return the event of a swipe as a keyboard knows it. Raises InvalidSwipe.

    points: rows (x, y, t), x and y in the keyboard's pixels, t in ms from any origin; it is stored from
    touch down on, so that float32 holds it. width, height: of the keyboard, in pixels. The word is stored as
    the layout spells it.
    """
    if word is not None and lineage_of_layout(layout) is not None:
        word = _layout(layout).spell(word)
    table = _table(points)
    with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold is refused as not finite
        stored, sides = table.astype(np.float32), np.array((width, height), np.float32)
        stored[:, 2] = table[:, 2] - table[:1, 2]
    if client_id in DOTS:
        raise InvalidSwipe("bad_client_id", "client_id", 'give another id: no address can hold "." and ".."')
    _check(client_id, swipe_id, layout, word, sides, stored)
    x, y, t = (tuple(column) for column in stored.T.tolist())
    return SwipeRecorded(
        ClientId(client_id), SwipeId(swipe_id), layout, word, float(sides[0]), float(sides[1]), x, y, t
    )


def check_swipe(swipe: SwipeRecorded) -> Gesture:
    """Return the gesture of a swipe that was read from the topic. Raises InvalidSwipe."""
    if not len(swipe.x) == len(swipe.y) == len(swipe.t):
        raise InvalidSwipe("ragged_points", "points", "give x, y and t as many numbers each")
    with np.errstate(over="ignore"):
        points = np.array((swipe.x, swipe.y, swipe.t), np.float32).T
        sides = np.array((swipe.width, swipe.height), np.float32)
    _check(swipe.client_id, swipe.swipe_id, swipe.layout, swipe.word, sides, points)
    return Gesture(np.ascontiguousarray(points), float(sides[0]), float(sides[1]))


def check_id(field: str, value: str) -> None:
    """Raise InvalidSwipe (`bad_client_id`, ...) unless this is a usable id."""
    if not 1 <= len(value) <= MAX_ID or not value.isprintable():
        raise InvalidSwipe(f"bad_{field}", field, f"give 1 to {MAX_ID} printable characters")


def _check(
    client_id: str,
    swipe_id: str,
    layout: str,
    word: str | None,
    sides: NDArray[np.float32],
    points: NDArray[np.float32],
) -> None:
    check_id("client_id", client_id)
    check_id("swipe_id", swipe_id)
    if lineage_of_layout(layout) is None:
        known = ", ".join(line.layout for line in LINEAGES)
        raise InvalidSwipe("unknown_layout", "layout", f"no model learns it; use one of: {known}")
    if word is not None:
        _check_word(_layout(layout), word)
    for field, side in zip(("width", "height"), sides.tolist(), strict=True):
        if not 0 < side <= MAX_SIDE:
            raise InvalidSwipe(
                "bad_keyboard_size", field, f"give pixels: more than 0, {MAX_SIDE:,.0f} at most"
            )
    _check_points(points, sides)


def _check_word(layout: Layout, word: str) -> None:
    if not word:
        raise InvalidSwipe("empty_word", "word", "give the word that was meant, or null when it is unknown")
    if not set(word) <= set(layout.alphabet):
        raise InvalidSwipe(
            "word_outside_alphabet", "word", f"use letters of {layout.name} only: {layout.alphabet}"
        )
    try:
        target(layout, word)
    except ValueError as error:
        raise InvalidSwipe("word_too_long", "word", "longer than the network can say; send null") from error


def _check_points(points: NDArray[np.float32], sides: NDArray[np.float32]) -> None:
    if len(points) == 0:
        raise InvalidSwipe("no_points", "points", "give one or more [x, y, t]")
    if len(points) > MAX_POINTS:
        raise InvalidSwipe("too_many_points", "points", f"give {MAX_POINTS:,} at most, one a touch event")
    if not np.isfinite(points).all():
        raise InvalidSwipe("not_finite", "points", "leave out touch events without finite numbers")
    places, times = points[:, :2], points[:, 2]
    if (places < -FAR * sides).any() or (places > (1 + FAR) * sides).any():
        raise InvalidSwipe(
            "far_outside", "points", "give x and y in the pixels of width and height, from the top left"
        )
    if (times[1:] < times[:-1]).any():
        raise InvalidSwipe("times_run_backwards", "points", "give touch events in the order they happened")
    if times[0] < 0 or times[-1] > MAX_DURATION:
        raise InvalidSwipe(
            "bad_times", "points", f"give t in ms; a swipe takes {MAX_DURATION:,.0f} ms at most"
        )


def _table(points: ArrayLike) -> NDArray[np.float64]:
    try:
        table = np.asarray(points, np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidSwipe("bad_points", "points", "give rows of three numbers, [x, y, t]") from error
    if table.size == 0:
        return np.empty((0, 3))
    if table.ndim != 2 or table.shape[1] != 3:
        raise InvalidSwipe("bad_points", "points", "give rows of three numbers, [x, y, t]")
    return table


@cache
def _layout(name: str) -> Layout:
    return load_layout(name)
