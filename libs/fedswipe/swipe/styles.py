"""How simulated typists differ: what a style is, and the populations that styles are drawn from."""

from dataclasses import dataclass, fields, replace
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
    overlap=Normal(0.20, 0.12, 0, 0.6),
    bow=Normal(0, 0.06),
    offset_x=Normal(0.02, 0.10),
    offset_y=Normal(0, 0.10),
    rotation=Normal(0, 0.02),
    stretch=Normal(0, 0.03),
    aim=Normal(0.16, 0.05, 0.05, 0.4),
    end_aim=Normal(0.34, 0.10, 0.1, 0.7),
    wobble=Normal(0.07, 0.03, 0, 0.2),
    noise=Normal(0.015, 0.01, 0, 0.05),
    hesitation=Normal(0.12, 0.08, 0, 0.5),
    interval=Normal(2.83, 0.25, 8, 40, log=True),
    width=Normal(5.95, 0.12, 300, 720, log=True),
    aspect=Normal(0.575, 0.045, 0.38, 0.66),
)


# People whose habits the factory model has not seen: they lean right and low on a tilted keyboard, and hurry.
UNFAMILIAR = replace(
    FACTORY,
    pace=Normal(5.0, 0.3, 60, 1200, log=True),
    overlap=Normal(0.45, 0.1, 0, 0.7),
    bow=Normal(0.15, 0.05),
    offset_x=Normal(0.3, 0.1),
    offset_y=Normal(0.3, 0.1),
    rotation=Normal(0.08, 0.03),
)
