"""What Kafka can do to us, as the project's verdicts."""

from fedswipe.errors import FedswipeError, Retryable


class BrokerUnavailable(Retryable):
    """The broker did not answer in time; nothing is known to be stored."""


class PositionLost(FedswipeError):
    """A group's position is missing or has expired: reading on would skip records, so the reader stops."""


class Fenced(FedswipeError):
    """The group has moved on without us: drop what is held and start at the committed offsets."""
