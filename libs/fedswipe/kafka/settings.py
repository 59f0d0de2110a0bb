"""Where Kafka is and how to speak to it; every client of the project is configured here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from fedswipe.environment import read_settings, setting

Config = dict[str, str | int | float | bool]


@dataclass(frozen=True)
class KafkaSettings:
    """The broker's address and the clients' time limits, in ms where a name ends so."""

    bootstrap: str = setting(
        "FEDSWIPE_KAFKA", "bootstrap servers, host:port with commas between", "127.0.0.1:9092"
    )
    session_timeout_ms: int = setting(
        "FEDSWIPE_KAFKA_SESSION_TIMEOUT_MS",
        "how long a silent consumer keeps its partitions, in ms",
        10_000,
        least=1_000,
    )
    max_poll_interval_ms: int = 300_000
    request_timeout_ms: int = 4_000

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment; FedswipeError names the variable and the remedy."""
        return read_settings(cls, environ)

    def client(self) -> Config:
        """Return what every client shares."""
        return {
            "bootstrap.servers": self.bootstrap,
            "socket.keepalive.enable": True,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 1_000,
            # With its default, "rebootstrap", a client whose brokers are all away starts over again at once
            # and knows no back-off: 47 attempts a second were measured, with a line of log each. With either
            # a client may forget its brokers for good: see forgotten_brokers.
            "metadata.recovery.strategy": "none",
            "log_level": 3,  # errors; what matters reaches the program as an exception
        }

    def producer(self) -> Config:
        """Return an idempotent producer's configuration: acks=all, in order, by murmur2."""
        return self.client() | {
            "acks": "all",
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": 1,
            "partitioner": "murmur2_random",
            "message.max.bytes": 1_200_000,
            "delivery.timeout.ms": self.request_timeout_ms,
            "request.timeout.ms": self.request_timeout_ms,
        }

    def reader(self, group: str) -> Config:
        """Return a read_committed consumer's configuration: no automatic commit, no reset policy."""
        return self.client() | {
            "group.id": group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "partition.assignment.strategy": "range",  # eager, and it co-partitions topics of equal size
            "session.timeout.ms": self.session_timeout_ms,
            "heartbeat.interval.ms": self.session_timeout_ms // 4,
            "max.poll.interval.ms": self.max_poll_interval_ms,
            "fetch.wait.max.ms": 50,
            "fetch.error.backoff.ms": 50,
            "enable.partition.eof": False,
        }
