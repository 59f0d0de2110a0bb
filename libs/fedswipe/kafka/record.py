"""One record of a topic, as the project's own code sees it."""

from dataclasses import dataclass

from confluent_kafka import Message

from fedswipe.events import DeadLettered, Header


@dataclass(frozen=True, slots=True)
class Record:
    """A record's position and bytes; its time stamp is left out because no decision may rest on it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()

    @classmethod
    def of(cls, message: Message) -> "Record":
        """Take over a message of the client library that carries no error."""
        headers = tuple(Header(str(h[0]), h[1]) for h in message.headers() or ())  # type: ignore[arg-type]
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        assert topic is not None  # noqa: S101  (only error events have no position)
        assert partition is not None  # noqa: S101
        assert offset is not None  # noqa: S101
        return cls(topic, partition, offset, message.key(), message.value(), headers)

    def dead_letter(self, reason: str, detail: str, service: str) -> DeadLettered:
        """Return this record's dead letter; its position is the letter's id, so two of them are one."""
        return DeadLettered(
            *(self.topic, self.partition, self.offset, reason, detail, service, self.key, self.value),
            headers=self.headers,
        )
