"""Gestures changed a little, as another hand might have made them: more to learn from than was swiped."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout

Array = NDArray[np.float64]
WAVES = (0.7, 1.4, 2.1)  # periods in one gesture that the jitter is made of


@dataclass(frozen=True)
class Augmentation:
    """How much gestures are changed: standard deviations, drawn anew for each gesture.

    scale, rotation (rad), pace: of the whole gesture. shift_x, shift_y, jitter (smooth): in key widths.
    warp: how unevenly the time runs, as a share of its pace.
    """

    scale: float = 0.04
    shift_x: float = 0.18
    shift_y: float = 0.2
    rotation: float = 0.03
    jitter: float = 0.12
    warp: float = 0.25
    pace: float = 0.15

    def apply(self, layout: Layout, gestures: Sequence[Gesture], random: Generator) -> list[Gesture]:
        """Change every gesture; the same generator state changes them in the same way."""
        counts = np.array([len(gesture.points) for gesture in gestures])
        points = np.concatenate([gesture.points for gesture in gestures]).astype(np.float64)
        sizes = np.array([(gesture.width, gesture.height) for gesture in gestures])
        key = sizes[:, 0] * layout.key_width
        of = np.repeat(np.arange(len(gestures)), counts)
        share, first, lasts = _shares(points[:, 2], counts, of)
        places = self._turned(points[:, :2] - sizes[of] / 2, of, len(gestures), random) + sizes[of] / 2
        places += self._moved(share, of, len(gestures), random) * key[of, None]
        times = first + self._warped(share, of, len(gestures), random) * lasts
        changed = np.column_stack([places, times]).astype(np.float32)
        parts = np.split(changed, np.cumsum(counts)[:-1])
        return [
            Gesture(part, gesture.width, gesture.height)
            for part, gesture in zip(parts, gestures, strict=True)
        ]

    def _turned(self, places: Array, of: NDArray[np.int64], n: int, random: Generator) -> Array:
        """Stretched and turned about the keyboard's middle."""
        places = places * np.exp(random.normal(0, self.scale, (n, 2)))[of]
        angle = random.normal(0, self.rotation, n)
        cos, sin = np.cos(angle)[of], np.sin(angle)[of]
        x, y = places.T
        return np.column_stack([cos * x - sin * y, sin * x + cos * y])

    def _moved(self, share: Array, of: NDArray[np.int64], n: int, random: Generator) -> Array:
        """Shifted, and trembling slowly: in key widths."""
        moved: Array = random.normal(0, (self.shift_x, self.shift_y), (n, 2))[of]
        for periods in WAVES:
            size = random.normal(0, self.jitter / np.sqrt(len(WAVES)), (n, 2))
            phase = random.uniform(0, 2 * np.pi, (n, 2))
            moved += size[of] * np.sin(2 * np.pi * periods * share[:, None] + phase[of])
        return moved

    def _warped(self, share: Array, of: NDArray[np.int64], n: int, random: Generator) -> Array:
        """Shares of the time, running unevenly but never back, times the change of pace."""
        size = np.clip(random.normal(0, self.warp, n), -0.9, 0.9) / (2 * np.pi)
        phase = random.uniform(0, 2 * np.pi, n)
        uneven = share + size[of] * (np.sin(2 * np.pi * share + phase[of]) - np.sin(phase)[of])
        warped: Array = uneven * np.exp(random.normal(0, self.pace, n))[of]
        return warped


def _shares(times: Array, counts: NDArray[np.int64], of: NDArray[np.int64]) -> tuple[Array, Array, Array]:
    """Of each point: the share of its gesture's time that has passed, when that began, how long it took."""
    ends = np.cumsum(counts)
    first = times[ends - counts][of]
    lasts = np.maximum(times[ends - 1] - times[ends - counts], 1.0)[of]
    return (times - first) / lasts, first, lasts
