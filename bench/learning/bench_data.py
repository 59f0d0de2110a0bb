"""Whose swipes the rows learn from and are judged on: the logs' people, or simulated typists."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fedswipe.datasets.how_we_swipe import is_unseen, read_people
from fedswipe.runs.people import People, Swipes, read_split
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import simulate_typists


@dataclass(frozen=True)
class Typists:
    """[typists]: how many simulated people there are, and how many swipes each makes."""

    clients: int = 200
    held_out: int = 20
    unseen: int = 40
    swipes: int = 60


@dataclass(frozen=True, eq=False)
class Data:
    """People, split; ``swipes`` is None when they are simulated."""

    swipes: Path | None
    people: People
    simulated: Mapping[str, Swipes]  # the unseen ones of them

    @cached_property
    def unseen(self) -> Mapping[str, Swipes]:
        """The unseen people one by one, their swipes in the order they made them."""
        if self.swipes is None:
            return self.simulated
        people = (one for one in read_people(self.swipes) if is_unseen(one.id) and one.swipes)
        return {one.id: Swipes.of(one.swipes) for one in people}


def read_data(swipes: Path | None, layout: Layout, lexicon: str, typists: Typists, seed: int) -> Data:
    """The logs' people, or simulated ones without logs."""
    if swipes is not None:
        return Data(swipes, read_split(swipes, layout), {})
    count = typists.clients + typists.held_out + typists.unseen
    people = simulate_typists(layout, load_lexicon(lexicon), count, typists.swipes, seed)
    each = {one.client_id: Swipes(one.words, one.gestures) for one in people}
    names = list(each)
    clients = names[: typists.clients]
    held_out = names[typists.clients : -typists.unseen]
    unseen = {name: each[name] for name in names[-typists.unseen :]}
    words = frozenset(word for one in each.values() for word in one.words)
    split = People(
        {name: each[name] for name in clients},
        _joined({name: each[name] for name in held_out}),
        _joined(unseen),
        words,
    )
    return Data(None, split, unseen)


def _joined(people: Mapping[str, Swipes]) -> Swipes:
    words = [word for one in people.values() for word in one.words]
    return Swipes(words, [gesture for one in people.values() for gesture in one.gestures])
