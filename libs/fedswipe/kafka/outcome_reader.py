"""Reads predictions and swipes side by side, by the broker's time, so that their join needs little memory.

A partition that is ahead of the others is held back. Time decides here only what is read first.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from fedswipe import codec
from fedswipe.errors import InvalidMessage
from fedswipe.events import PredictionServed, SwipeRecorded
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.forgotten_brokers import watched
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import PREDICTIONS, SWIPES

BATCH = 1_000
AHEAD_MS = 60_000  # how far one partition may be ahead of another
QUIET_SECONDS = 1.0
PLACES = [(topic.name, p) for topic in (PREDICTIONS, SWIPES) for p in range(topic.partitions)]
KINDS: dict[str, type[PredictionServed] | type[SwipeRecorded]] = {
    PREDICTIONS.name: PredictionServed,
    SWIPES.name: SwipeRecorded,
}
Place = tuple[str, int]  # topic and partition
log = logging.getLogger(__name__)


def read_outcomes(
    settings: KafkaSettings, since: datetime | None, *, follow: bool
) -> Iterator[Sequence[PredictionServed | SwipeRecorded]]:
    """Yield batches of events from this time on (None: all), to the end there is now or, to follow, for ever.

    While following, an empty batch says that nothing came for a second. Raises BrokerUnavailable, and
    BrokersForgotten where none would come again.
    """
    consumer = Consumer(watched(settings.reader("fedswipe.outcomes") | {"enable.partition.eof": True}))
    schemas, seconds = PublishedSchemas(settings), settings.request_timeout_ms / 1000
    try:
        fronts = Fronts(*_bounds(consumer, since, seconds))
        consumer.assign([TopicPartition(*place, start) for place, start in fronts.starts.items()])
        while follow or not fronts.done:
            messages = _poll(consumer, QUIET_SECONDS if follow else seconds)
            if not messages and not follow:
                raise BrokerUnavailable("predictions and swipes: the broker does not answer")
            records = [message for message in messages if fronts.take(message)]
            yield [event for message in records if (event := _event(message, schemas)) is not None]
            fronts.hold_back(consumer)
    except KafkaException as error:
        raise BrokerUnavailable(f"predictions and swipes: {error}") from error
    finally:
        schemas.close()
        consumer.close()


class Fronts:
    """How far each partition has been read, in the broker's ms, and which are held back."""

    def __init__(self, starts: dict[Place, int], ends: dict[Place, int]) -> None:
        self.starts = starts
        self._ends = ends
        self._left = {place for place, end in ends.items() if starts[place] < end}
        self._times = dict.fromkeys(starts, 0)
        self._at_end: set[Place] = set()
        self._held: set[Place] = set()

    @property
    def done(self) -> bool:
        """Whether every partition has been read to the end it had at first."""
        return not self._left

    def take(self, message: Message) -> bool:
        """Note where a message lies; tell whether it is a record."""
        place, error = (message.topic() or "", message.partition() or 0), message.error()
        if error is not None:
            if error.fatal():
                raise KafkaException(error)
            if error.code() == KafkaError._PARTITION_EOF:
                self._at_end.add(place)
                self._left.discard(place)
            return False
        self._at_end.discard(place)
        self._times[place] = message.timestamp()[1]
        if (message.offset() or 0) + 1 >= self._ends[place]:
            self._left.discard(place)
        return True

    def hold_back(self, consumer: Consumer) -> None:
        """Pause what is far ahead of the slowest partition that has more, and resume what is not."""
        slowest = min((t for place, t in self._times.items() if place not in self._at_end), default=None)
        ahead = {p for p, t in self._times.items() if slowest is not None and t > slowest + AHEAD_MS}
        if fresh := ahead - self._held:
            consumer.pause([TopicPartition(*place) for place in fresh])
        if freed := self._held - ahead:
            consumer.resume([TopicPartition(*place) for place in freed])
        self._held = ahead


def _bounds(
    consumer: Consumer, since: datetime | None, seconds: float
) -> tuple[dict[Place, int], dict[Place, int]]:
    """Return each partition's first offset from this time on, and its end as it was just before that."""
    kept = {place: consumer.get_watermark_offsets(TopicPartition(*place), seconds) for place in PLACES}
    starts, ends = ({place: bounds[n] for place, bounds in kept.items()} for n in (0, 1))
    if since is None:
        return starts, ends
    stamp = int(since.timestamp() * 1000)
    found = consumer.offsets_for_times([TopicPartition(*place, stamp) for place in PLACES], seconds)
    places = {(at.topic, at.partition): at.offset for at in found}
    return {place: at if at >= 0 else ends[place] for place, at in places.items()}, ends


def _poll(consumer: Consumer, seconds: float) -> list[Message]:
    if messages := consumer.consume(BATCH, 0):
        return messages
    first = consumer.poll(seconds)
    return [] if first is None else [first]


def _event(message: Message, schemas: PublishedSchemas) -> PredictionServed | SwipeRecorded | None:
    topic = message.topic() or ""
    try:
        return codec.decode(KINDS[topic], message.value(), schemas)
    except InvalidMessage as error:
        log.warning("%s[%d] offset %d is not judged: %s", topic, message.partition(), message.offset(), error)
        return None
