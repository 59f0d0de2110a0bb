"""What ingest can be told; every field but Kafka's names its environment variable and its meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from fedswipe.environment import read_settings
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import LINEAGES

LAYOUTS = tuple(lineage.layout for lineage in LINEAGES)


@dataclass(frozen=True)
class Settings:
    """Ingest's settings; `from_env` raises FedswipeError that names the variable and the remedy."""

    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    http_host: str = field(
        default="127.0.0.1", metadata={"env": "HTTP_HOST", "help": "the address that HTTP listens on"}
    )
    http_port: int = field(
        default=8000,
        metadata={"env": "HTTP_PORT", "help": "the port that HTTP listens on", "least": 1, "most": 65535},
    )
    max_swipes: int = field(
        default=500, metadata={"env": "INGEST_MAX_SWIPES", "help": "swipes a request", "least": 1}
    )
    max_bytes: int = field(
        default=2 * 1024 * 1024,
        metadata={"env": "INGEST_MAX_BYTES", "help": "bytes a request", "least": 1024},
    )
    max_held_bytes: int = field(
        default=64 * 1024 * 1024,
        metadata={
            "env": "INGEST_MAX_HELD_BYTES",
            "help": "bytes of all requests that wait for the broker together; beyond them the answer is 503",
            "least": 1024,
        },
    )
    answer_seconds: float = field(
        default=4.5,
        metadata={
            "env": "INGEST_ANSWER_SECONDS",
            "help": "seconds until a request that the broker did not acknowledge is answered by 503",
            "least": 0.1,
            "most": 60.0,
        },
    )
    cors_origins: tuple[str, ...] = field(
        default=(),
        metadata={
            "env": "INGEST_CORS_ORIGINS",
            "help": "origins whose browsers may call, separated by commas",
        },
    )
    gesture_client: str = field(
        default="default",
        metadata={"env": "INGEST_GESTURE_CLIENT", "help": "client id of swipes in the gesture_id shape"},
    )
    gesture_layout: str = field(
        default=LAYOUTS[0],
        metadata={
            "env": "INGEST_GESTURE_LAYOUT",
            "help": "layout of swipes in the gesture_id shape",
            "choices": LAYOUTS,
        },
    )
    gesture_width: float = field(
        default=360.0,
        metadata={
            "env": "INGEST_GESTURE_WIDTH",
            "help": "keyboard width in pixels of swipes in the gesture_id shape",
            "least": 1.0,
        },
    )
    gesture_height: float = field(
        default=216.0,
        metadata={
            "env": "INGEST_GESTURE_HEIGHT",
            "help": "keyboard height in pixels of swipes in the gesture_id shape",
            "least": 1.0,
        },
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings; the table in the docs lists the variables."""
        return read_settings(cls, environ, kafka=KafkaSettings.from_env(environ))
