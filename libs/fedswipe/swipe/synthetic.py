"""Swipes of people who do not exist, one for each word and style.

A finger goes from key to key in strokes that minimise jerk (Flash & Hogan 1985), and passes a key without
stopping, as gestures typed by people do (Quinn & Zhai 2018, "Modeling gesture-typing movements"). A stroke
begins before the last one has ended and the two add up (Flash & Henis 1991), which is how corners get cut.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.strokes import bows, passing, places, schedule
from fedswipe.swipe.styles import Array, Styles

CHUNK = 512  # swipes computed at once: some tens of megabytes
LONGEST = 400  # points of one swipe
WAVES = 3  # of different frequency, that make up the wobble
SKEW = 0.12  # standard deviation of how early or late a stroke is fast, natural logarithm


def swipe(layout: Layout, words: Sequence[str], styles: Styles, random: Generator) -> list[Gesture]:
    """Swipe word i in the style of row i. The same words, styles and generator state give the same swipes."""
    gestures: list[Gesture] = []
    for start in range(0, len(words), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(words)))
        gestures.extend(_swipe_chunk(layout, words[start : start + CHUNK], styles.take(rows), random))
    return gestures


def _swipe_chunk(
    layout: Layout, words: Sequence[str], styles: Styles, random: Generator
) -> Iterator[Gesture]:
    turns = places(layout, words, styles, random)
    strokes = np.diff(turns, axis=1)
    begins, lasts, ends = schedule(strokes, words, styles, random)
    times, counts, stamps = _event_times(ends, styles, random)
    shares = _shares(times, begins, lasts, random)
    points = turns[:, :1] + _moved(shares, strokes, styles, random)
    points += _carried(shares, passing(strokes, begins, lasts, styles), lasts)
    points += _wobble(times, styles, random)
    points += random.normal(size=points.shape) * styles.noise[:, None, None]
    pixels = points * (styles.width * layout.key_width)[:, None, None]
    events = np.concatenate([pixels, stamps[:, :, None]], axis=2).astype(np.float32)
    seen = _seen(counts, times.shape[1], styles, random)
    for row, width in enumerate(styles.width.tolist()):
        points_seen = events[row][seen[row]]
        yield Gesture(points=points_seen, width=width, height=width * float(styles.aspect[row]))


def _event_times(ends: Array, styles: Styles, random: Generator) -> tuple[Array, NDArray[np.int64], Array]:
    """The touch events' times (n, most events), how many each swipe has (n,), and the times they are told as.

    Those are whole ms, and not quite when the finger was there.
    """
    counts = np.clip(np.ceil(ends / styles.interval).astype(np.int64) + 1, 3, LONGEST)
    steps = np.maximum(styles.interval, ends / (LONGEST - 1))
    ticks = np.broadcast_to(np.arange(counts.max()), (len(ends), int(counts.max())))
    # Clipped, so that two events never change places.
    late = np.clip(random.normal(size=ticks.shape) * styles.jitter[:, None], -0.4, 0.4)
    stamps = np.round((ticks + late - late[:, :1]) * steps[:, None])
    times: Array = ticks * steps[:, None]
    return times, counts, stamps


def _shares(times: Array, begins: Array, lasts: Array, random: Generator) -> Array:
    """How much of each stroke's time has passed at each time, 0 to 1: (n, strokes, times)."""
    elapsed = (times[:, None] - begins[:, :, None]) / np.maximum(lasts, 1e-9)[:, :, None]
    shares: Array = np.clip(elapsed, 0, 1) ** np.exp(random.normal(0, SKEW, lasts.shape))[:, :, None]
    return shares


def _moved(shares: Array, strokes: Array, styles: Styles, random: Generator) -> Array:
    """How far the finger has moved (n, times, 2): the sum of all strokes as far as they have got."""
    done = shares**3 * (10 - 15 * shares + 6 * shares**2)
    sideways = 4 * done * (1 - done) * bows(styles, strokes.shape[:2], random)[:, :, None]
    normals = np.stack([-strokes[:, :, 1], strokes[:, :, 0]], axis=2)
    moved: Array = np.einsum("nst,nsd->ntd", done, strokes) + np.einsum("nst,nsd->ntd", sideways, normals)
    return moved


def _carried(shares: Array, speeds: Array, lasts: Array) -> Array:
    """What speeds at the keys (n, strokes + 1, 2) add to the strokes: the rest of the quintic between two."""
    leaving = shares * (1 - shares**2 * (6 - 8 * shares + 3 * shares**2))
    entering = shares**3 * (-4 + 7 * shares - 3 * shares**2)
    left, entered = (speeds[:, some] * lasts[:, :, None] for some in (slice(None, -1), slice(1, None)))
    carried: Array = np.einsum("nst,nsd->ntd", leaving, left) + np.einsum("nst,nsd->ntd", entering, entered)
    return carried


def _wobble(times: Array, styles: Styles, random: Generator) -> Array:
    """Slow trembling of 1 to 5 Hz, (n, times, 2)."""
    shape = (len(times), WAVES, 1, 2)
    hertz, phase = random.uniform(1, 5, shape), random.uniform(0, 2 * np.pi, shape)
    waves = np.sin(2 * np.pi * hertz * times[:, None, :, None] / 1000 + phase).sum(axis=1)
    trembling: Array = waves * styles.wobble[:, None, None] * np.sqrt(2 / WAVES)
    return trembling


def _seen(counts: NDArray[np.int64], columns: int, styles: Styles, random: Generator) -> NDArray[np.bool_]:
    """Which events (n, columns) reach the application: never fewer than the first and the last."""
    place = np.arange(columns)
    here = place < counts[:, None]
    ends = (place == 0) | (place == counts[:, None] - 1)
    seen: NDArray[np.bool_] = here & (ends | (random.random(here.shape) >= styles.missing[:, None]))
    return seen
