"""Counts the dead letters that the topics still hold, and those that come."""

import threading

from confluent_kafka import Message

from fedswipe import codec
from fedswipe.backoff import Stopped, retry_until_stopped
from fedswipe.dead_letters.closing import how_closed
from fedswipe.dead_letters.letters import LETTERED
from fedswipe.errors import InvalidMessage
from fedswipe.events import DeadLettered
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.kafka.tail_reader import TailReader
from fedswipe.topology import dead_letters
from services.ingest.pipeline.board import Board

UNREADABLE = "unreadable letter"


class LetterFollowing:
    """Writes dead letters' reasons to the board; `run` belongs in a thread of its own."""

    def __init__(self, settings: KafkaSettings, board: Board) -> None:
        topics = [dead_letters(source) for source in LETTERED]
        places = {(topic.name, p): 0 for topic in topics for p in range(topic.partitions)}
        self._board = board
        self._schemas = PublishedSchemas(settings)
        self._reader = TailReader(settings, places, self._take)
        self._stopping = threading.Event()

    @property
    def caught_up(self) -> bool:
        """Tell whether the letters have been read to their end."""
        return self._reader.caught_up

    def run(self) -> None:
        """Follow until `stop`."""
        try:
            retry_until_stopped(self._reader.run, self._stopping)
        except Stopped:
            return
        finally:
            self._schemas.close()

    def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()
        self._reader.stop()

    def _take(self, messages: list[Message]) -> None:
        # All are decoded first: a broker that is away then has them read again, and none was counted yet.
        for reason in [self._reason(message) for message in messages]:
            if reason is not None:
                self._board.take_letter(reason)

    def _reason(self, message: Message) -> str | None:
        """Return a letter's reason, None of what closes one."""
        try:
            event = codec.decode(DeadLettered, message.value(), self._schemas)
        except InvalidMessage:
            return UNREADABLE
        return event.reason if how_closed(event) is None else None
