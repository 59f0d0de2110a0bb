"""The dead letters of the flow, each counted once, and which of them are still open. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from fedswipe.dead_letters.closing import Closing, how_closed
from fedswipe.dead_letters.position import Position
from fedswipe.errors import FedswipeError
from fedswipe.events import DeadLettered
from fedswipe.topology import SOURCES, TOPICS, dead_letters

LETTERED = tuple(source for source in SOURCES if dead_letters(source) in TOPICS)


@dataclass(frozen=True)
class Letter:
    """A dead letter as it was first written, and how it was closed, if it was."""

    at: Position
    event: DeadLettered
    closed: Closing | None = None


@dataclass(frozen=True)
class Group:
    """Letters of one topic with one reason; `first` and `last` by partition, then offset."""

    topic: str
    reason: str
    count: int
    first: Position
    last: Position


class Letters:
    """What the events of the dead letters' topics say, in whatever order they come.

    Several events of one origin are one letter; one that closes it does so for good.
    """

    def __init__(self, events: Iterable[DeadLettered]) -> None:
        self._letters: dict[Position, DeadLettered] = {}
        self._closed: dict[Position, Closing] = {}
        for event in events:
            at = Position(event.topic, event.partition, event.offset)
            how = how_closed(event)
            if how is None:
                self._letters.setdefault(at, event)
            elif self._closed.get(at) in (None, Closing.DROPPED):  # what took a letter up outweighs a drop
                self._closed[at] = how

    def find(self, at: Position) -> Letter:
        """Return the letter of this origin. FedswipeError when there is none."""
        if at not in self._letters:
            raise FedswipeError(f"{at}: no dead letter has this origin; see `fedswipe dlq list`")
        return Letter(at, self._letters[at], self._closed.get(at))

    def select(
        self, topic: str | None = None, reason: str | None = None, *, closed: bool = False
    ) -> list[Letter]:
        """Return the letters of a topic and a reason (None: of all), by origin; `closed` ones on demand."""
        found = (self.find(at) for at in sorted(self._letters))
        return [
            letter
            for letter in found
            if topic in (None, letter.at.topic)
            and reason in (None, letter.event.reason)
            and (closed or letter.closed is None)
        ]


def grouped(letters: Iterable[Letter]) -> list[Group]:
    """Count letters by topic and reason."""
    groups: dict[tuple[str, str], list[Position]] = defaultdict(list)
    for letter in letters:
        groups[letter.at.topic, letter.event.reason].append(letter.at)
    return [Group(*key, len(at), min(at), max(at)) for key, at in sorted(groups.items())]


def may_be_retried(letter: Letter) -> bool:
    """Tell whether a retry can still come to anything.

    What a retry of a swipe has taken up is its retry's matter from then on; see docs/adr/0019.
    """
    return letter.closed in (None, Closing.DROPPED)
