"""Swipes of people who do not exist: minimum-jerk strokes in the styles of simulated typists.

A finger goes from key to key in strokes that minimise jerk (Flash & Hogan 1985). A stroke begins before
the last one has ended and the two add up (Flash & Henis 1991), which is how corners get cut.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout

Array = NDArray[np.float64]

CHUNK = 512  # swipes computed at once: some tens of megabytes
LONGEST = 400  # points of one swipe
WAVES = 3  # of different frequency, that make up the wobble


@dataclass(frozen=True)
class Styles:
    """How typists swipe, one row each (n,). Lengths are in key widths, times in ms."""

    pace: Array  # of a stroke of one key width
    overlap: Array  # share of a stroke in which the next one already runs: cuts corners
    bow: Array  # how far strokes bend sideways, as a share of their length
    offset_x: Array  # of every touch
    offset_y: Array
    rotation: Array  # rad, about the keyboard's middle
    stretch: Array  # of the keyboard the typist believes in, natural logarithm
    aim: Array  # standard deviation around a key's centre
    end_aim: Array  # the same at the last key, which is left in a hurry
    wobble: Array  # amplitude of slow trembling
    noise: Array  # of the sensor, standard deviation
    hesitation: Array  # probability of a rest before a stroke
    interval: Array  # between two touch events
    width: Array  # of the keyboard in pixels
    aspect: Array  # its height over its width

    def take(self, rows: NDArray[np.int64]) -> "Styles":
        """The styles of these rows; a row may come more than once."""
        return Styles(*(getattr(self, field.name)[rows] for field in fields(self)))


class Normal(NamedTuple):
    """A normal distribution cut off at ``low`` and ``high``; with ``log`` it is that of the logarithm."""

    mean: float
    deviation: float
    low: float = -np.inf
    high: float = np.inf
    log: bool = False

    def draw(self, n: int, random: Generator) -> Array:
        """n values; what lies beyond the ends is put onto them."""
        values = random.normal(self.mean, self.deviation, n)
        return np.clip(np.exp(values) if self.log else values, self.low, self.high)


@dataclass(frozen=True)
class Population:
    """The distribution that typists' styles are drawn from; the fields are those of ``Styles``."""

    pace: Normal
    overlap: Normal
    bow: Normal
    offset_x: Normal
    offset_y: Normal
    rotation: Normal
    stretch: Normal
    aim: Normal
    end_aim: Normal
    wobble: Normal
    noise: Normal
    hesitation: Normal
    interval: Normal
    width: Normal
    aspect: Normal

    def draw(self, n: int, random: Generator) -> Styles:
        """The styles of n typists."""
        return Styles(*(getattr(self, field.name).draw(n, random) for field in fields(self)))


FACTORY = Population(
    pace=Normal(5.5, 0.45, 60, 1200, log=True),
    overlap=Normal(0.30, 0.15, 0, 0.7),
    bow=Normal(0, 0.06),
    offset_x=Normal(0.02, 0.10),
    offset_y=Normal(0, 0.10),
    rotation=Normal(0, 0.02),
    stretch=Normal(0, 0.03),
    aim=Normal(0.20, 0.05, 0.08, 0.4),
    end_aim=Normal(0.34, 0.10, 0.1, 0.7),
    wobble=Normal(0.05, 0.03, 0, 0.2),
    noise=Normal(0.015, 0.01, 0, 0.05),
    hesitation=Normal(0.12, 0.08, 0, 0.5),
    interval=Normal(2.83, 0.25, 8, 40, log=True),
    width=Normal(5.95, 0.12, 300, 720, log=True),
    aspect=Normal(0.575, 0.045, 0.38, 0.66),
)


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
