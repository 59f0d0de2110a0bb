"""Proves a run from the topics and the store alone: nothing acknowledged is lost, nothing counts twice.

Both proofs are for a loop at rest: every swipe trained, every delta settled. `prove_swipes` asks by what a
sender knows, the ids; the audit, which `prove_chain` runs, judges by the trainer's own rules.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

from fedswipe import codec
from fedswipe.audit.evidence import ObjectReader
from fedswipe.audit.finding import Outcome
from fedswipe.audit.report import Report
from fedswipe.audit.scope import Scope
from fedswipe.audit.topics import TopicEvidence
from fedswipe.audit.verify import verify
from fedswipe.dead_letters.letters import Letters, may_be_retried
from fedswipe.errors import InvalidMessage
from fedswipe.events import ClientId, DeadLettered, DeltaComputed, Event, SwipeId, SwipeRecorded
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.log_range import read_range
from fedswipe.kafka.record import Record
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.swipe.layout import load_layout
from fedswipe.testing.replay import check
from fedswipe.topology import SWIPES, WEIGHT_DELTAS, Lineage, Topic, dead_letters


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
    up. Also of the swipes that nobody acknowledged none counts twice. A broken promise is an AssertionError.
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


def prove_chain(kafka: KafkaSettings, store: ObjectReader, lineage: Lineage) -> Report:
    """Have the audit prove everything; of a loop at rest, nothing may be open. AssertionError otherwise."""
    architecture = Architecture(load_layout(lineage.layout))
    report = verify(lineage, architecture, TopicEvidence(kafka), store, Scope())
    found = [f"{one.kind} {one.code}: version {one.version}: {one.detail}" for one in report.findings.kept]
    check(not found, "; ".join(found))
    check(report.outcome is Outcome.PROVEN, report.outcome)
    check(report.unsettled == 0, f"{report.unsettled} deltas are not settled")
    return report


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
