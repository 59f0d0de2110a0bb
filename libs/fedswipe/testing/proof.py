"""Proves a run from the topics and the store alone: nothing acknowledged is lost, nothing counts twice.

Both proofs are for a loop at rest: every swipe trained, every delta settled.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

from fedswipe import codec
from fedswipe.dead_letters.letters import Letters, may_be_retried
from fedswipe.errors import InvalidMessage
from fedswipe.events import ClientId, DeadLettered, DeltaComputed, Event, SwipeId, SwipeRecorded
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.log_range import read_range
from fedswipe.kafka.record import Record
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.verdict import Verdict
from fedswipe.modelstore.port import ModelStore
from fedswipe.swipe.layout import load_layout
from fedswipe.testing.replay import Replay, check
from fedswipe.topology import GLOBAL_MODELS, SWIPES, WEIGHT_DELTAS, Lineage, Topic, dead_letters


class SwipeKey(NamedTuple):
    """What makes a swipe the same as another, in however many records it lies."""

    client_id: ClientId
    swipe_id: SwipeId


class Place(NamedTuple):
    """A record of the swipes."""

    partition: int
    offset: int


def prove_swipes(
    kafka: KafkaSettings, with_word: Collection[SwipeKey], without_word: Collection[SwipeKey] = ()
) -> None:
    """Prove that these acknowledged swipes are in the topic, and that each with a word counts just once.

    It counts where a committed delta names its offset, or its position a dead letter that no retry has taken
    up. Also of the swipes that
    nobody acknowledged none counts twice. A broken promise is an AssertionError.
    """
    places = swipe_places(kafka)
    counted = _counted(kafka)
    for key in (*with_word, *without_word):
        check(key in places, f"{key}: acknowledged, and not in the topic")
    counts = {key: sum(counted[place] for place in found) for key, found in places.items()}
    for key, count in counts.items():
        check(count <= 1, f"{key}: counts {count} times, it lies at {sorted(places[key])}")
    for key in with_word:
        check(counts[key] == 1, f"{key}: acknowledged with a word, and neither trained nor a dead letter")
    for key in without_word:
        check(counts[key] == 0, f"{key}: was trained without a word")


def prove_chain(kafka: KafkaSettings, store: ModelStore, lineage: Lineage) -> Replay:
    """Prove that each committed delta has one verdict in one link, and every link's objects follow from them.

    All four objects of every link are fetched, and model, optimiser state and manifest recomputed; every
    refused delta has its dead letter and no other has one. A broken promise is an AssertionError.
    """
    replay = Replay(
        lineage,
        Architecture(load_layout(lineage.layout)),
        store,
        read=lambda start, end: read_range(kafka, WEIGHT_DELTAS, lineage.partition, start, end),
    )
    for record in _records(kafka, GLOBAL_MODELS):
        link = record.partition == lineage.partition and replay.add(record.value or b"", record.offset)
        if link:
            event = replay.chain.event(link.version)
            for ref in (event.model, event.optimizer, event.manifest, event.recipe):
                store.get(ref)
    written = {record.offset for record in _records(kafka, WEIGHT_DELTAS)}
    check(replay.settled.keys() == written, f"not settled, or not there: {replay.settled.keys() ^ written}")
    refused = {offset for offset, verdict in replay.settled.items() if verdict is not Verdict.FOLDED}
    letters = {letter.offset for letter in read_letters(kafka, WEIGHT_DELTAS)}
    check(letters == refused, f"refused {sorted(refused)}, dead letters for {sorted(letters)}")
    return replay


def read_deltas(kafka: KafkaSettings) -> Iterator[DeltaComputed]:
    """Yield every committed delta that can be read."""
    for record in _records(kafka, WEIGHT_DELTAS):
        try:
            yield codec.decode(DeltaComputed, record.value, codec.PackagedSchemas())
        except InvalidMessage:
            continue  # it was written by hand; the aggregator's verdict says so


def read_letters(kafka: KafkaSettings, source: Topic[Event]) -> list[DeadLettered]:
    """Return what stands among a topic's dead letters: letters, and what closes them."""
    records = _records(kafka, dead_letters(source))
    return [codec.decode(DeadLettered, record.value, codec.PackagedSchemas()) for record in records]


def swipe_places(kafka: KafkaSettings) -> dict[SwipeKey, set[Place]]:
    """Return every readable swipe, and the records it lies in."""
    places: dict[SwipeKey, set[Place]] = defaultdict(set)
    for record in _records(kafka, SWIPES):
        try:
            swipe = codec.decode(SwipeRecorded, record.value, codec.PackagedSchemas())
        except InvalidMessage:
            continue
        places[SwipeKey(swipe.client_id, swipe.swipe_id)].add(Place(record.partition, record.offset))
    return places


def _counted(kafka: KafkaSettings) -> Counter[Place]:
    trained = [Place(d.swipes.partition, offset) for d in read_deltas(kafka) for offset in d.swipe_offsets]
    letters = Letters(read_letters(kafka, SWIPES)).select(closed=True)
    refused = {Place(one.at.partition, one.at.offset) for one in letters if may_be_retried(one)}
    return Counter(trained) + Counter(refused)


def _records(kafka: KafkaSettings, topic: Topic[Event]) -> Iterator[Record]:
    """Yield a topic's committed records, partition by partition."""
    for partition, end in Admin(kafka).ends(topic).items():
        yield from read_range(kafka, topic, partition, 0, end)
