"""The network's input: 64 points of a gesture, described by position, motion and nearness to each key."""

from collections.abc import Sequence
from math import exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.compiled import compiled
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.steps import MOTION_CHANNELS, STEPS, channels

KEY_SPREAD = 0.8  # key widths
LENGTH_FLOOR = 1e-6  # key widths; a shorter step has no direction


def extract(layout: Layout, gestures: Sequence[Gesture]) -> NDArray[np.float32]:
    """Describe gestures for the network: float32 (N, STEPS, channels(layout)), always finite.

    A gesture is resampled at equal steps of half its arc length and half its time. The channels of a step:
    0, 1  position, -1 .. 1 from the keyboard's left to right and top to bottom
    2, 3  unit direction of the step that led here, (0, 0) at rest
    4     log speed (key widths per 100 ms)
    5     log dt (units of 16 ms)
    6, 7  cosine and sine of the turn to the next step, (1, 0) where either rests
    8 ..  exp(-d^2 / (2 * 0.8^2)) of the distance d to each key's centre, in key widths
    A point farther than one keyboard outside counts as lying there; a time that runs back counts as equal.
    """
    described = np.empty((len(gestures), STEPS, channels(layout)), dtype=np.float32)
    if len(gestures) == 0:
        return described
    points = np.concatenate([gesture.points for gesture in gestures])
    ends = np.cumsum(np.array([len(gesture.points) for gesture in gestures], dtype=np.int64))
    sizes = np.array([(gesture.width, gesture.height) for gesture in gestures], dtype=np.float64)
    _describe(points, ends, sizes, layout.centres.astype(np.float64), layout.key_width, described)
    return described


@compiled
def _describe(
    points: NDArray[np.float32],
    ends: NDArray[np.int64],
    sizes: NDArray[np.float64],
    centres: NDArray[np.float64],
    key_width: float,
    described: NDArray[np.float32],
) -> None:
    steps = np.empty((STEPS, 3))
    start = 0
    for i in range(len(ends)):
        end = ends[i]
        # Keyboards differ in shape: distances are the finger's, so both axes are measured in key widths.
        across = 1.0 / key_width
        down = across * sizes[i, 1] / sizes[i, 0]
        path = np.empty((end - start, 3))
        for j in range(end - start):
            path[j, 0] = min(max(points[start + j, 0] / sizes[i, 0], -1.0), 2.0) * across
            path[j, 1] = min(max(points[start + j, 1] / sizes[i, 1], -1.0), 2.0) * down
            time = float(points[start + j, 2]) - float(points[start, 2])
            path[j, 2] = max(time, path[j - 1, 2] if j else 0.0)
        _resample(path, steps)
        _motion(steps, across, down, described[i])
        _nearness(steps, centres, across, down, described[i])
        start = end


@compiled
def _resample(path: NDArray[np.float64], steps: NDArray[np.float64]) -> None:
    """Put len(steps) points on the path, equally far apart in half arc length, half time."""
    last = len(path) - 1
    arc = np.zeros(last + 1)
    for j in range(last):
        arc[j + 1] = arc[j] + sqrt((path[j + 1, 0] - path[j, 0]) ** 2 + (path[j + 1, 1] - path[j, 1]) ** 2)
    # Of a rest only time is left, of equal times only the arc; of a tap neither, and all steps are its point.
    of_arc = 0.5 / arc[last] if arc[last] > 0.0 else 0.0
    of_time = 0.5 / path[last, 2] if path[last, 2] > 0.0 else 0.0
    span = of_arc * arc[last] + of_time * path[last, 2]
    j = 0
    for k in range(len(steps)):
        goal = span * k / (len(steps) - 1)
        while j < last - 1 and of_arc * arc[j + 1] + of_time * path[j + 1, 2] < goal:
            j += 1
        following = min(j + 1, last)
        before = of_arc * arc[j] + of_time * path[j, 2]
        gap = of_arc * arc[following] + of_time * path[following, 2] - before
        share = min(max((goal - before) / gap, 0.0), 1.0) if gap > 0.0 else 0.0
        for axis in range(3):
            steps[k, axis] = path[j, axis] + share * (path[following, axis] - path[j, axis])


@compiled
def _motion(steps: NDArray[np.float64], across: float, down: float, described: NDArray[np.float32]) -> None:
    for k in range(len(steps)):
        here = max(k, 1)  # no step led to the first point: it shares the second's
        x = steps[here, 0] - steps[here - 1, 0]
        y = steps[here, 1] - steps[here - 1, 1]
        dt = steps[here, 2] - steps[here - 1, 2]
        length = sqrt(x * x + y * y)
        rests = length < LENGTH_FLOOR
        described[k, 0] = 2.0 * steps[k, 0] / across - 1.0
        described[k, 1] = 2.0 * steps[k, 1] / down - 1.0
        described[k, 2] = 0.0 if rests else x / length
        described[k, 3] = 0.0 if rests else y / length
        # One millisecond and a tenth of a key keep the logarithms of rests and jumps in reach of the rest.
        described[k, 4] = log(0.1 + 100.0 * length / (dt + 1.0))
        described[k, 5] = log((dt + 1.0) / 16.0)
    for k in range(len(steps)):
        following = min(k + 1, len(steps) - 1)
        x, y = described[k, 2], described[k, 3]
        to_x, to_y = described[following, 2], described[following, 3]
        moves = (x != 0.0 or y != 0.0) and (to_x != 0.0 or to_y != 0.0)
        described[k, 6] = x * to_x + y * to_y if moves else 1.0
        described[k, 7] = x * to_y - y * to_x if moves else 0.0


@compiled
def _nearness(
    steps: NDArray[np.float64],
    centres: NDArray[np.float64],
    across: float,
    down: float,
    described: NDArray[np.float32],
) -> None:
    for k in range(len(steps)):
        for key in range(len(centres)):
            x = steps[k, 0] - centres[key, 0] * across
            y = steps[k, 1] - centres[key, 1] * down
            described[k, MOTION_CHANNELS + key] = exp(-(x * x + y * y) / (2.0 * KEY_SPREAD * KEY_SPREAD))
