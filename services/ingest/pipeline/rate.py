"""How much a total grows in a second, over the last few of them."""

from collections import deque

SECONDS = 10.0


class Rate:
    """Takes samples of a total that only grows; it keeps those of the last SECONDS."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def sample(self, at: float, total: int) -> None:
        """Note the total at a reading of the clock, in seconds; about one sample a second is meant."""
        self._samples.append((at, total))
        while at - self._samples[0][0] > SECONDS:
            self._samples.popleft()

    @property
    def per_second(self) -> float:
        """Return the growth a second, 0 before there are two samples."""
        if len(self._samples) < 2:
            return 0.0
        (began, first), (ended, last) = self._samples[0], self._samples[-1]
        return round((last - first) / (ended - began), 2) if ended > began else 0.0
