"""What the predictor can be told; every field but the nested ones names its environment variable."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from fedswipe.environment import read_settings
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.modelstore.patience import Patience
from fedswipe.modelstore.s3 import S3Settings
from fedswipe.topology import LINEAGES

MODEL_IDS = tuple(str(lineage.model_id) for lineage in LINEAGES)


@dataclass(frozen=True)
class Settings:
    """The predictor's settings; `from_env` raises FedswipeError that names the variable and the remedy."""

    kafka: KafkaSettings
    s3: S3Settings
    http_host: str = field(
        default="127.0.0.1", metadata={"env": "HTTP_HOST", "help": "the address that HTTP listens on"}
    )
    http_port: int = field(
        default=8001,
        metadata={"env": "HTTP_PORT", "help": "the port that HTTP listens on", "least": 1, "most": 65535},
    )
    model_id: str = field(
        default=MODEL_IDS[0],
        metadata={
            "env": "PREDICTOR_MODEL",
            "help": "the lineage whose models are served",
            "choices": MODEL_IDS,
        },
    )
    gesture_width: float = field(
        default=360.0,
        metadata={
            "env": "PREDICTOR_GESTURE_WIDTH",
            "help": "keyboard width in pixels of swipes in the gesture_id shape",
            "least": 1.0,
            "most": 100_000.0,
        },
    )
    gesture_height: float = field(
        default=216.0,
        metadata={
            "env": "PREDICTOR_GESTURE_HEIGHT",
            "help": "keyboard height in pixels of swipes in the gesture_id shape",
            "least": 1.0,
            "most": 100_000.0,
        },
    )
    threads: int = field(
        default=2,
        metadata={
            "env": "PREDICTOR_THREADS",
            "help": "requests worked on at the same time",
            "least": 1,
            "most": 256,
        },
    )
    waiting: int = field(
        default=64,
        metadata={
            "env": "PREDICTOR_WAITING",
            "help": "requests that may wait for a thread; beyond them the answer is 503",
            "least": 0,
            "most": 10_000,
        },
    )
    retry_first: float = field(
        default=0.1,
        metadata={
            "env": "PREDICTOR_RETRY_FIRST",
            "help": "seconds until a model that could not be fetched is tried again; doubled each time",
            "least": 0.01,
            "most": 60.0,
        },
    )
    retry_cap: float = field(
        default=10.0,
        metadata={
            "env": "PREDICTOR_RETRY_CAP",
            "help": "most seconds between two such tries",
            "least": 0.01,
            "most": 3600.0,
        },
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings; the table in the docs lists the variables."""
        return read_settings(
            cls, environ, kafka=KafkaSettings.from_env(environ), s3=S3Settings.from_env(environ)
        )

    def store(self) -> S3Settings:
        """Return how to reach the models. A try is over well within the time that a stop may take."""
        return replace(self.s3, connect_timeout=1.0, read_timeout=3.0)

    def patience(self) -> Patience:
        """Return one try a call: the model follower repeats, and gives up on a model that is outdated."""
        return Patience(total=0.0)
