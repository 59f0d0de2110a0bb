from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Gesture:
    """One swipe, touch down to touch up.

    points: float32 (n, 3), n >= 1: x and y in the keyboard's pixels from its top left corner, t in ms
    since touch down (float32 counts single milliseconds up to 4.6 hours, not epoch times).
    width, height: of the keyboard, in pixels.
    Raises ValueError that names the field.
    """

    points: NDArray[np.float32]
    width: float
    height: float

    def __post_init__(self) -> None:
        points = self.points
        if points.ndim != 2 or points.shape[1] != 3 or len(points) == 0:
            raise ValueError(f"points: shape {points.shape}; give one or more rows (x, y, t)")
        if points.dtype != np.float32:
            raise ValueError(f"points: dtype {points.dtype}; give float32")
        if not np.isfinite(points).all():
            raise ValueError("points: holds a number that is not finite; drop such touch events")
        for field, value in (("width", self.width), ("height", self.height)):
            if not 0 < value < float("inf"):
                raise ValueError(f"{field}: {value}; give the keyboard's size in pixels, more than 0")


@dataclass(frozen=True, eq=False)
class LabelledGesture:
    """A swipe and the word it meant, in lower case.

    sentence: the words it was written with, in lower case, and its place among them; none where not known.
    """

    word: str
    gesture: Gesture
    sentence: tuple[str, ...] = ()
    place: int | None = None

    @property
    def context(self) -> tuple[str, ...] | None:
        """The words of its sentence before it; None where they are not known."""
        return None if self.place is None else self.sentence[: self.place]
