"""Reads the dead letters of a cluster, retries and drops them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Self

from fedswipe import codec
from fedswipe.dead_letters.closing import Closing, closing
from fedswipe.dead_letters.letters import LETTERED, Letter, Letters
from fedswipe.dead_letters.position import Position, retry_headers
from fedswipe.errors import FedswipeError, InvalidMessage
from fedswipe.events import DeadLettered, Event
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.log_range import read_range
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.record import Record
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import SWIPES, Role, Topic, dead_letters

SERVICE = str(Role.OPERATOR)


class Desk:
    """Where an operator deals with letters. Every method raises BrokerUnavailable when none answers."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._admin = Admin(settings)
        self._schemas = PublishedSchemas(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._schemas.close()

    def letters(self, topic: str | None = None) -> tuple[Letters, list[Position]]:
        """Read the letters of a topic, or of all; also where among them a record lies that is no letter.

        FedswipeError when the topic has none by design.
        """
        events, strangers = [], []
        for record in (one for source in sources(topic) for one in self._records(source)):
            try:
                events.append(codec.decode(DeadLettered, record.value, self._schemas))
            except InvalidMessage:
                strangers.append(Position(record.topic, record.partition, record.offset))
        return Letters(events), strangers

    def decode(self, letter: Letter) -> Event:
        """Return the event that the original holds. Raises InvalidMessage when it cannot be read."""
        source = source_named(letter.at.topic)
        return codec.decode(source.event, letter.event.value, self._schemas)

    def retry(self, letters: Sequence[Letter]) -> list[Position]:
        """Write the originals again, each into its topic and partition; return where they lie now.

        Letters of swipes are closed by the trainer, with the retry; all others here, once it is stored.
        """
        with EventProducer(self._settings) as producer:
            sent = [_send_again(producer, letter) for letter in letters]
            offsets = [stored.result() for stored in sent]
            others = [letter for letter in letters if letter.at.topic != SWIPES.name]
            _close(producer, others, Closing.RETRIED, "sent again by an operator")
        return [replace(letter.at, offset=at) for letter, at in zip(letters, offsets, strict=True)]

    def drop(self, letters: Sequence[Letter], why: str) -> None:
        """Close letters without a retry."""
        with EventProducer(self._settings) as producer:
            _close(producer, letters, Closing.DROPPED, why)

    def _records(self, source: Topic[Event]) -> Iterator[Record]:
        topic = dead_letters(source)
        for partition, end in self._admin.ends(topic).items():
            yield from read_range(self._settings, topic, partition, 0, end)


def sources(topic: str | None) -> Sequence[Topic[Event]]:
    """Return the topics whose letters are meant. FedswipeError names those there are."""
    return LETTERED if topic is None else (source_named(topic),)


def source_named(topic: str) -> Topic[Event]:
    """Return the topic of this name, or of these dead letters. FedswipeError names those there are."""
    for source in LETTERED:
        if topic in (source.name, dead_letters(source).name):
            return source
    raise FedswipeError(f"topic {topic}: has no dead letters; use {', '.join(s.name for s in LETTERED)}")


def _send_again(producer: EventProducer, letter: Letter) -> Future[int]:
    original = letter.event
    return producer.send_bytes(
        letter.at.topic,
        original.value,
        key=original.key,
        partition=letter.at.partition,
        headers=retry_headers(original.headers, letter.at),
    )


def _close(producer: EventProducer, letters: Sequence[Letter], how: Closing, why: str) -> None:
    sent = [
        producer.send_bytes(
            dead_letters(source_named(letter.at.topic)).name,
            codec.encode(closing(letter.at, how, why, SERVICE)),
            key=letter.event.key,
            partition=letter.at.partition,
        )
        for letter in letters
    ]
    for acknowledged in sent:
        acknowledged.result()
