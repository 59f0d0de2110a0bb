"""How simulated typists differ: what a style is, and the populations that styles are drawn from."""

from dataclasses import dataclass, fields, replace
from math import log
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Styles:
    """How typists swipe, one row each (n,). Lengths are in key widths, times in ms."""

    pace: Array  # of a stroke of one key width
    overlap: Array  # share of a stroke in which the next one already runs: cuts corners
    carry: Array  # share of the speed that a steady movement would have at a key which is kept there
    bow: Array  # how far strokes bend sideways, as a share of their length
    swerve: Array  # standard deviation of the same, from stroke to stroke
    offset_x: Array  # of every touch
    offset_y: Array
    rotation: Array  # rad, about the keyboard's middle
    stretch: Array  # of the keyboard the typist believes in, natural logarithm
    start_aim: Array  # standard deviation around the first key's centre
    aim: Array  # the same at the keys between
    end_aim: Array  # the same at the last key, which is left in a hurry
    sloppiness: Array  # standard deviation of these three from swipe to swipe, natural logarithm
    overshoot: Array  # how far strokes go past their aim
    slip: Array  # standard deviation of the same, from stroke to stroke
    wobble: Array  # amplitude of slow trembling
    noise: Array  # of the sensor, standard deviation
    hesitation: Array  # probability of a rest before a stroke
    interval: Array  # between two touch events
    jitter: Array  # standard deviation of the events' times, in intervals
    missing: Array  # share of the touch events that are lost
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
    carry: Normal
    bow: Normal
    swerve: Normal
    offset_x: Normal
    offset_y: Normal
    rotation: Normal
    stretch: Normal
    start_aim: Normal
    aim: Normal
    end_aim: Normal
    sloppiness: Normal
    overshoot: Normal
    slip: Normal
    wobble: Normal
    noise: Normal
    hesitation: Normal
    interval: Normal
    jitter: Normal
    missing: Normal
    width: Normal
    aspect: Normal

    def draw(self, n: int, random: Generator) -> Styles:
        """The styles of n typists."""
        return Styles(*(getattr(self, field.name).draw(n, random) for field in fields(self)))


# Fitted to quantiles of real swipes: their speeds, lengths, rests, turns and distances from the keys.
FACTORY = Population(
    pace=Normal(5.25, 0.37, 40, 1500, log=True),
    overlap=Normal(0.13, 0.11, 0, 0.6),
    carry=Normal(0.64, 0.39, 0, 1.2),
    bow=Normal(0, 0.01),
    swerve=Normal(log(0.069), 0.74, 0, 0.5, log=True),
    offset_x=Normal(0.01, 0.1),
    offset_y=Normal(0, 0.075),
    rotation=Normal(0, 0.017),
    stretch=Normal(0, 0.035),
    start_aim=Normal(log(0.159), 0.3, 0.03, 0.6, log=True),
    aim=Normal(log(0.151), 0.55, 0.02, 0.8, log=True),
    end_aim=Normal(log(0.27), 0.42, 0.05, 1.2, log=True),
    sloppiness=Normal(0.5, 0.1, 0, 1),
    overshoot=Normal(0.143, 0.04),
    slip=Normal(log(0.1), 0.4, 0, 0.5, log=True),
    wobble=Normal(log(0.057), 0.78, 0, 0.4, log=True),
    noise=Normal(log(0.0017), 0.4, 0, 0.05, log=True),
    hesitation=Normal(0.23, 0.05, 0, 1),
    interval=Normal(2.815, 0.12, 8, 40, log=True),
    jitter=Normal(log(0.147), 0.3, 0, 0.4, log=True),
    missing=Normal(log(0.04), 0.58, 0, 0.5, log=True),
    width=Normal(5.95, 0.12, 300, 720, log=True),
    aspect=Normal(0.575, 0.035, 0.38, 0.66),
)

# Others, whose strokes end at each key and whose screens lose events: wilder than people are, to begin with.
STOPPING = replace(
    FACTORY,
    pace=Normal(5.2, 0.47, 40, 1500, log=True),
    carry=Normal(0, 0),
    bow=Normal(0, 0.05),
    swerve=Normal(log(0.09), 0.5, 0, 0.5, log=True),
    offset_x=Normal(0.01, 0.12),
    offset_y=Normal(0, 0.1),
    end_aim=Normal(log(0.3), 0.5, 0.05, 1.2, log=True),
    overshoot=Normal(0.029, 0.02),
    noise=Normal(log(0.0083), 0.4, 0, 0.05, log=True),
    hesitation=Normal(0.3, 0.05, 0, 1),
    jitter=Normal(0.03, 0),
    missing=Normal(log(0.16), 0.6, 0, 0.5, log=True),
)


# People whose habits the factory model has not seen: they lean right and low on a tilted keyboard, and hurry.
UNFAMILIAR = replace(
    FACTORY,
    pace=Normal(4.6, 0.3, 40, 1500, log=True),
    overlap=Normal(0.3, 0.1, 0, 0.7),
    bow=Normal(0.15, 0.05),
    offset_x=Normal(0.35, 0.1),
    offset_y=Normal(0.35, 0.1),
    rotation=Normal(0.08, 0.03),
)
