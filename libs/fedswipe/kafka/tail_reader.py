"""Follows partitions for whoever only shows what comes: committed records with the broker's time stamps."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import closing

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.forgotten_brokers import BrokersForgotten, watched
from fedswipe.kafka.settings import Config, KafkaSettings

Place = tuple[str, int]  # topic and partition
BATCH = 100  # messages, of up to 1 MB each
POLL_SECONDS = 0.2  # how long a stop may wait; a record never waits for it
SMALL: Config = {
    "enable.partition.eof": True,
    "fetch.message.max.bytes": 2_000_000,
    "queued.max.messages.kbytes": 8_000,  # what is fetched and not taken yet
}
log = logging.getLogger(__name__)


class TailReader:
    """Hands batches of messages to `take`, in order within a partition; `run` belongs in a thread of its own.

    Reads each place from this offset on, or from where the broker's first kept record lies. Offsets may have
    gaps. `run` may be called again after an error: it goes on where it was.
    """

    def __init__(
        self, settings: KafkaSettings, starts: Mapping[Place, int], take: Callable[[list[Message]], None]
    ) -> None:
        self._settings = settings
        self._next = dict(starts)
        self._take = take
        self._unread = set(starts)
        self._stopping = threading.Event()

    @property
    def caught_up(self) -> bool:
        """Tell whether every place has been read to an end that it had meanwhile."""
        return not self._unread

    def run(self) -> None:
        """Follow until `stop`. Raises BrokerUnavailable when no broker answers or a position is gone."""
        while not self._stopping.is_set():
            with closing(Consumer(watched(self._settings.reader("fedswipe.tail") | SMALL))) as consumer:
                try:
                    self._begin(consumer)
                    self._follow(consumer)
                except BrokersForgotten as error:
                    log.warning("%s; another one takes its place", error)
                except KafkaException as error:
                    raise BrokerUnavailable(f"{', '.join(self._topics)}: {error}") from error

    def stop(self) -> None:
        """End `run` soon."""
        self._stopping.set()

    @property
    def _topics(self) -> list[str]:
        return sorted({topic for topic, _ in self._next})

    def _begin(self, consumer: Consumer) -> None:
        for place in self._next:
            first, _ = consumer.get_watermark_offsets(
                TopicPartition(*place), self._settings.request_timeout_ms / 1000
            )
            self._next[place] = max(self._next[place], first)
        consumer.assign([TopicPartition(*place, at) for place, at in self._next.items()])

    def _follow(self, consumer: Consumer) -> None:
        while not self._stopping.is_set():
            messages = consumer.consume(BATCH, 0) or _wait(consumer)
            if records := [message for message in messages if self._is_record(message)]:
                self._take(records)
                for one in records:
                    self._next[_place(one)] = (one.offset() or 0) + 1

    def _is_record(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.code() == KafkaError._PARTITION_EOF:
            self._unread.discard(_place(message))
        elif error.fatal() or error.code() in (KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET):
            raise KafkaException(error)
        return False


def _place(message: Message) -> Place:
    return message.topic() or "", message.partition() or 0


def _wait(consumer: Consumer) -> list[Message]:
    message = consumer.poll(POLL_SECONDS)
    return [] if message is None else [message]
