"""Settles the account of a run: what became of each acknowledged swipe, by topics and store alone."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

import numpy as np

from fedswipe.events import DeltaComputed
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.delta import DTYPES
from fedswipe.modelstore.port import ModelStore
from fedswipe.testing.proof import Place, SwipeKey, read_deltas, swipe_places

Places = Mapping[SwipeKey, Set[Place]]


@dataclass(frozen=True)
class Account:
    """What was found; every entry of the last four says what is wrong and where.

    `lost`: acknowledged, and not in the topic, or with a word and in no delta. `doubled`: trained more than
    once, whether it was acknowledged or not. `idle`: a delta without a gradient step, or that counts other
    examples than it names. `untimely`: trained without a word.
    """

    records: int
    repeats: int
    trained: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    idle: tuple[str, ...]
    untimely: tuple[str, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """Everything that is wrong."""
        return (*self.lost, *self.doubled, *self.idle, *self.untimely)


def settle_account(
    kafka: KafkaSettings,
    store: ModelStore,
    with_word: Collection[SwipeKey],
    without_word: Collection[SwipeKey] = (),
) -> Account:
    """Read the topics of a loop at rest, once, and compare them with what was acknowledged.

    Memory: a few hundred bytes a swipe; no gesture and no delta is kept.
    """
    trained: Counter[Place] = Counter()
    idlers: list[str] = []
    for delta in read_deltas(kafka):
        trained.update(Place(delta.swipes.partition, offset) for offset in delta.swipe_offsets)
        idlers.extend(idle(delta, store))
    return judge(swipe_places(kafka), trained, with_word, without_word, idlers)


def judge(
    places: Places,
    trained: Mapping[Place, int],
    with_word: Collection[SwipeKey],
    without_word: Collection[SwipeKey],
    idle: Iterable[str] = (),
) -> Account:
    """Compare where each swipe lies and how often each place was trained with what was acknowledged. Pure."""
    counts = {key: sum(trained.get(place, 0) for place in found) for key, found in places.items()}
    records = sum(map(len, places.values()))
    return Account(
        records=records,
        repeats=records - len(places),
        trained=sum(count > 0 for count in counts.values()),
        lost=tuple(_lost(places, counts, with_word, without_word)),
        doubled=tuple(_doubled(places, counts, trained)),
        idle=tuple(idle),
        untimely=tuple(
            _told(key, places, "trained without a word") for key in without_word if counts.get(key)
        ),
    )


def _lost(
    places: Places, counts: Mapping[SwipeKey, int], with_word: Iterable[SwipeKey], without: Iterable[SwipeKey]
) -> Iterator[str]:
    for key in (*with_word, *without):
        if key not in places:
            yield f"{_name(key)}: acknowledged, and not in the topic"
    for key in with_word:
        if key in places and not counts[key]:
            yield _told(key, places, "acknowledged with a word, and in no delta")


def _doubled(places: Places, counts: Mapping[SwipeKey, int], trained: Mapping[Place, int]) -> Iterator[str]:
    for key, count in counts.items():
        if count > 1:
            yield _told(key, places, f"trained {count} times")
    known = {place for found in places.values() for place in found}
    for place in trained.keys() - known:
        yield f"{place.partition}/{place.offset}: trained, and no swipe lies there"


def idle(delta: DeltaComputed, store: ModelStore) -> Iterator[str]:
    """Yield why a delta does not stand for the training of just the swipes it names."""
    payload = delta.payload or (store.get(delta.content) if delta.content else b"")
    if not np.frombuffer(payload, DTYPES[delta.codec]).any():
        yield f"delta {delta.delta_id}: nothing was learned from {delta.examples} examples"
    if not delta.examples == len(delta.swipe_offsets) == len(set(delta.swipe_offsets)):
        yield f"delta {delta.delta_id}: {delta.examples} examples of {len(delta.swipe_offsets)} swipes"


def _told(key: SwipeKey, places: Places, what: str) -> str:
    where = ", ".join(f"{place.partition}/{place.offset}" for place in sorted(places[key]))
    return f"{_name(key)} at {where}: {what}"


def _name(key: SwipeKey) -> str:
    return f"swipe {key.swipe_id} of {key.client_id}"
