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
from fedswipe.swipe.styles import Array, Styles

CHUNK = 512  # swipes computed at once: some tens of megabytes
LONGEST = 400  # points of one swipe
WAVES = 3  # of different frequency, that make up the wobble


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
    starts, strokes = _strokes(layout, words, styles, random)
    begins, lasts = _schedule(strokes, words, styles, random)
    times, counts = _event_times(begins, lasts, styles, random)
    points = _finger(times, starts, strokes, begins, lasts, styles.bow)
    points += _wobble(times, styles, random)
    points += random.normal(size=points.shape) * styles.noise[:, None, None]
    pixels = points * (styles.width * layout.key_width)[:, None, None]
    events = np.concatenate([pixels, times[:, :, None]], axis=2).astype(np.float32)
    for row, count in enumerate(counts):
        width = float(styles.width[row])
        yield Gesture(points=events[row, :count], width=width, height=width * float(styles.aspect[row]))


def _strokes(layout: Layout, words: Sequence[str], styles: Styles, random: Generator) -> tuple[Array, Array]:
    """Where each swipe starts (n, 2), and its strokes (n, longest - 1, 2), zero past the word's end."""
    lengths = np.array([len(word) for word in words])
    codes = np.zeros((len(words), max(int(lengths.max()), 2)), dtype=np.int64)
    codes[np.arange(codes.shape[1]) < lengths[:, None]] = (
        np.concatenate([layout.encode(w) for w in words]) - 1
    )
    last = np.minimum(np.arange(codes.shape[1]), lengths[:, None] - 1)
    codes = np.take_along_axis(codes, last, axis=1)

    size = np.stack([np.ones(len(words)), styles.aspect], axis=1)[:, None] / layout.key_width
    keys = layout.centres.astype(np.float64)[codes] * size
    spread = np.where(last == lengths[:, None] - 1, styles.end_aim[:, None], styles.aim[:, None])
    aims = random.normal(size=keys.shape) * spread[:, :, None]
    # Two equal letters in a row are one place, aimed at once; so is the end of a short word's row.
    same = np.concatenate([np.zeros((len(words), 1), dtype=bool), codes[:, 1:] == codes[:, :-1]], axis=1)
    aims = np.take_along_axis(aims, _last_true(~same)[:, :, None], axis=1)

    middle = size / 2
    cos, sin = np.cos(styles.rotation)[:, None], np.sin(styles.rotation)[:, None]
    x, y = np.moveaxis((keys - middle) * np.exp(styles.stretch)[:, None, None], 2, 0)
    turned = np.stack([cos * x - sin * y, sin * x + cos * y], axis=2) + middle
    places = turned + aims + np.stack([styles.offset_x, styles.offset_y], axis=1)[:, None]
    return places[:, 0], np.diff(places, axis=1)


def _last_true(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each column, the last column up to it that is true."""
    columns = np.where(flags, np.arange(flags.shape[1]), 0)
    return np.maximum.accumulate(columns, axis=1)


def _schedule(strokes: Array, words: Sequence[str], styles: Styles, random: Generator) -> tuple[Array, Array]:
    """When each stroke begins and how long it lasts, both (n, strokes) in ms; 0 long past the word's end."""
    reach = np.linalg.norm(strokes, axis=2)
    # Fitts's law: time grows with the logarithm of the distance; the keys are all equally wide.
    lasts = styles.pace[:, None] * (0.5 + 0.5 * np.log2(1 + reach))
    lasts *= np.exp(random.normal(0, 0.2, lasts.shape) + random.normal(0, 0.2, (len(lasts), 1)))
    lengths = np.array([len(word) for word in words])
    lasts[np.arange(lasts.shape[1]) >= np.maximum(lengths - 1, 1)[:, None]] = 0
    rests = random.exponential(1, lasts.shape) * styles.pace[:, None]
    rests *= random.random(lasts.shape) < styles.hesitation[:, None]
    waits = lasts[:, :-1] * (1 - styles.overlap[:, None]) + rests[:, 1:]
    begins = np.concatenate([np.zeros((len(lasts), 1)), np.cumsum(waits, axis=1)], axis=1)
    return begins, lasts


def _event_times(
    begins: Array, lasts: Array, styles: Styles, random: Generator
) -> tuple[Array, NDArray[np.int64]]:
    """The touch events' times (n, most events) in whole ms, and how many of them each swipe has (n,)."""
    ends = np.where(lasts > 0, begins + lasts, 0).max(axis=1)
    counts = np.clip(np.ceil(ends / styles.interval).astype(np.int64) + 1, 3, LONGEST)
    steps = np.maximum(styles.interval, ends / (LONGEST - 1))
    ticks = np.arange(counts.max()) + np.concatenate(
        [np.zeros((len(ends), 1)), random.uniform(-0.2, 0.2, (len(ends), int(counts.max()) - 1))], axis=1
    )
    return np.round(ticks * steps[:, None]), counts


def _finger(times: Array, starts: Array, strokes: Array, begins: Array, lasts: Array, bow: Array) -> Array:
    """Where the finger is (n, times, 2): the start and the sum of all strokes as far as they have got."""
    elapsed = (times[:, None] - begins[:, :, None]) / np.maximum(lasts, 1e-9)[:, :, None]
    share = np.clip(elapsed, 0, 1)
    done = share**3 * (10 - 15 * share + 6 * share**2)
    sideways = 4 * done * (1 - done) * bow[:, None, None]
    normals = np.stack([-strokes[:, :, 1], strokes[:, :, 0]], axis=2)
    moved = np.einsum("nst,nsd->ntd", done, strokes) + np.einsum("nst,nsd->ntd", sideways, normals)
    position: Array = starts[:, None] + moved
    return position


def _wobble(times: Array, styles: Styles, random: Generator) -> Array:
    """Slow trembling of 1 to 5 Hz, (n, times, 2)."""
    shape = (len(times), WAVES, 1, 2)
    hertz, phase = random.uniform(1, 5, shape), random.uniform(0, 2 * np.pi, shape)
    waves = np.sin(2 * np.pi * hertz * times[:, None, :, None] / 1000 + phase).sum(axis=1)
    trembling: Array = waves * styles.wobble[:, None, None] * np.sqrt(2 / WAVES)
    return trembling
