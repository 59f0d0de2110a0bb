"""The memory of one partition's last swipes: a swipe whose client and id stand in it counts no more. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from fedswipe.events import ClientId, SwipeId


class Seen(NamedTuple):
    """A readable swipe: where it lies, what makes it the same as another, which letter it is a retry of."""

    offset: int
    client_id: ClientId
    swipe_id: SwipeId
    letter: int | None = None  # offset


class RecentSwipes:
    """What stands at the `span` offsets before `position`: the log alone decides it, so it can be rebuilt."""

    def __init__(self, span: int, position: int, before: Iterable[Seen]) -> None:
        self._span = span
        self._offsets: dict[tuple[ClientId, SwipeId], int] = {}  # the oldest first
        self.position = position
        self.remember(before, position)

    def repeats(self, swipes: Iterable[Seen]) -> frozenset[int]:
        """Return the offsets of those that stand among the `span` records before them."""
        here: dict[tuple[ClientId, SwipeId], int] = {}
        repeated = set()
        for offset, client_id, swipe_id, _ in swipes:
            key = (client_id, swipe_id)
            before = here[key] if key in here else self._offsets.get(key)
            if before is not None and offset - before <= self._span:
                repeated.add(offset)
            here[key] = offset
        return frozenset(repeated)

    def remember(self, swipes: Iterable[Seen], position: int) -> None:
        """Move on to `position`, past these swipes."""
        for seen in swipes:
            key = (seen.client_id, seen.swipe_id)
            self._offsets.pop(key, None)
            self._offsets[key] = seen.offset
        self.position = position
        while (
            self._offsets
            and (oldest := next(iter(self._offsets)))
            and (self._offsets[oldest] < position - self._span)
        ):
            del self._offsets[oldest]

    def __len__(self) -> int:
        return len(self._offsets)
