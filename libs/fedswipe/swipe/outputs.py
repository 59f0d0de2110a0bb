from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.paths import Paths


class Outputs(NamedTuple):
    """A network's outputs for N swipes, as the search reads them; class 0 is the CTC blank.

    logs: float64 (N, T, classes), natural logarithms. probabilities: the same shape, relative to each step's
    likeliest class, which keeps those of likely words far from underflow. shifts: (N,), the logarithm of what
    the product of a swipe's steps was divided by. previous: int64 (N,), the words before the swipes by their
    places in the bigrams; None where nothing is known of any. paths: the swipes' own, None where not known.
    """

    logs: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    shifts: NDArray[np.float64]
    previous: NDArray[np.int64] | None = None
    paths: Paths | None = None

    @classmethod
    def of(cls, log_probs: NDArray[np.float32], classes: int) -> "Outputs":
        """Of (N, T, classes). Raises ValueError for a wrong shape or NaN."""
        if log_probs.ndim != 3 or log_probs.shape[2] != classes or log_probs.shape[1] == 0:
            raise ValueError(f"log_probs: shape {log_probs.shape}; give (N, steps, {classes})")
        logs = log_probs.astype(np.float64, order="C")
        likeliest = logs.max(axis=2, keepdims=True)
        if not np.isfinite(likeliest).all():
            raise ValueError(
                "log_probs: a step holds NaN or +inf, or only -inf; give logarithms of probabilities"
            )
        return cls(logs, np.exp(logs - likeliest), likeliest.sum(axis=(1, 2)))

    def of_rows(self, rows: NDArray[np.int64]) -> "Outputs":
        """Some of the swipes."""
        previous = None if self.previous is None else self.previous[rows]
        paths = None if self.paths is None else self.paths.of_rows(rows)
        return Outputs(self.logs[rows], self.probabilities[rows], self.shifts[rows], previous, paths)
