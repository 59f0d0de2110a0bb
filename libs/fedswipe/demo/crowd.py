"""The people of the demonstration: some give swipes, others are never sent and only judged on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from fedswipe.datasets.how_we_swipe import LAYOUT, is_unseen, read_people
from fedswipe.errors import FedswipeError
from fedswipe.swipe.gesture import LabelledGesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import simulate_typists
from fedswipe.topology import Lineage

FEWEST_SWIPES = 8  # a client with fewer teaches little
MOST_SWIPES = 200
SIMULATED_UNSEEN, SIMULATED_SWIPES = 60, 50
SEED = 7


@dataclass(frozen=True)
class Client:
    """A person's swipes, each with its word; ``first`` is the number of the first one, which names it."""

    id: str
    swipes: tuple[LabelledGesture, ...]
    first: int = 0


@dataclass(frozen=True)
class Crowd:
    """Who gives swipes, and who is judged on; nobody is in both."""

    source: str
    clients: tuple[Client, ...]
    unseen: tuple[Client, ...]

    @property
    def unseen_swipes(self) -> list[LabelledGesture]:
        """All swipes that are judged."""
        return [swipe for client in self.unseen for swipe in client.swipes]


def logged_people(path: Path, lineage: Lineage) -> Iterator[Client]:
    """Read How We Swipe logs, one person after another.

    FedswipeError names what to download when the path does not hold the logs, or their layout if not ours.
    """
    if lineage.layout != LAYOUT:
        raise FedswipeError(f"--swipes: its people swiped on {LAYOUT}; leave it out for {lineage.model_id}")
    try:
        yield from (Client(person.id, tuple(person.swipes)) for person in read_people(path))
    except (OSError, ValueError) as error:
        raise FedswipeError(f"--swipes {path}: {error}") from error


def real_people(path: Path, lineage: Lineage, clients: int) -> Crowd:
    """People with sha256(id) mod 10 = 0 are judged, `clients` others give swipes; see `logged_people`."""
    people = list(logged_people(path, lineage))
    unseen = tuple(person for person in people if is_unseen(person.id) and person.swipes)
    others = [p for p in people if not is_unseen(p.id) and len(p.swipes) >= FEWEST_SWIPES]
    Random(SEED).shuffle(others)  # noqa: S311  (an order, not a secret)
    chosen = tuple(Client(p.id, p.swipes[:MOST_SWIPES]) for p in others[:clients])
    return Crowd(f"real people, {path.name}", chosen, unseen)


def simulated_people(lineage: Lineage, clients: int) -> Crowd:
    """Make typists whose styles lie outside what the factory model was trained on."""
    layout, lexicon = load_layout(lineage.layout), load_lexicon(lineage.lexicon)
    typists = simulate_typists(layout, lexicon, clients + SIMULATED_UNSEEN, SIMULATED_SWIPES, SEED)
    people = [
        Client(t.client_id, tuple(map(LabelledGesture, t.words, t.gestures)))
        for t in typists
    ]  # fmt: skip
    return Crowd(
        "simulated typists, unlike those the factory model saw",
        tuple(people[:clients]),
        tuple(people[clients:]),
    )
