"""Swipes of people who do not exist, one for each word and style.

A finger goes from key to key in strokes that minimise jerk (Flash & Hogan 1985). A stroke begins before
the last one has ended and the two add up (Flash & Henis 1991), which is how corners get cut.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.strokes import bows, places, schedule
from fedswipe.swipe.styles import Array, Styles

CHUNK = 512  # swipes computed at once: some tens of megabytes
LONGEST = 400  # points of one swipe
WAVES = 3  # of different frequency, that make up the wobble
JITTER = 0.03  # of the touch events' times, standard deviation in intervals
SKEW = 0.22  # standard deviation of how early or late a stroke is fast, natural logarithm


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
    times, counts = _event_times(ends, styles, random)
    points = turns[:, :1] + _moved(_done(times, begins, lasts, random), strokes, styles, random)
    points += _wobble(times, styles, random)
    points += random.normal(size=points.shape) * styles.noise[:, None, None]
    pixels = points * (styles.width * layout.key_width)[:, None, None]
    events = np.concatenate([pixels, times[:, :, None]], axis=2).astype(np.float32)
    seen = _seen(counts, times.shape[1], styles, random)
    for row, width in enumerate(styles.width.tolist()):
        points_seen = events[row][seen[row]]
        yield Gesture(points=points_seen, width=width, height=width * float(styles.aspect[row]))


def _event_times(ends: Array, styles: Styles, random: Generator) -> tuple[Array, NDArray[np.int64]]:
    """The touch events' times (n, most events) in whole ms, and how many of them each swipe has (n,)."""
    counts = np.clip(np.ceil(ends / styles.interval).astype(np.int64) + 1, 3, LONGEST)
    steps = np.maximum(styles.interval, ends / (LONGEST - 1))
    ticks = np.arange(counts.max()) + random.normal(0, JITTER, (len(ends), int(counts.max())))
    times = np.round((ticks - ticks[:, :1]) * steps[:, None])
    return np.maximum.accumulate(times, axis=1), counts


def _done(times: Array, begins: Array, lasts: Array, random: Generator) -> Array:
    """How far each stroke has got at each time, 0 to 1: (n, strokes, times)."""
    elapsed = (times[:, None] - begins[:, :, None]) / np.maximum(lasts, 1e-9)[:, :, None]
    share = np.clip(elapsed, 0, 1) ** np.exp(random.normal(0, SKEW, lasts.shape))[:, :, None]
    done: Array = share**3 * (10 - 15 * share + 6 * share**2)
    return done


def _moved(done: Array, strokes: Array, styles: Styles, random: Generator) -> Array:
    """How far the finger has moved (n, times, 2): the sum of all strokes as far as they have got."""
    sideways = 4 * done * (1 - done) * bows(styles, strokes.shape[:2], random)[:, :, None]
    normals = np.stack([-strokes[:, :, 1], strokes[:, :, 0]], axis=2)
    moved: Array = np.einsum("nst,nsd->ntd", done, strokes) + np.einsum("nst,nsd->ntd", sideways, normals)
    return moved


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
