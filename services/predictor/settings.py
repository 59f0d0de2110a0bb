"""What the predictor can be told; every field but the nested ones names its environment variable."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from fedswipe.environment import read_settings, setting
from fedswipe.http.settings import gesture_height_setting, gesture_width_setting, host_setting, port_setting
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
    http_host: str = host_setting()
    http_port: int = port_setting(8001)
    model_id: str = setting(
        "PREDICTOR_MODEL", "the lineage whose models are served", MODEL_IDS[0], choices=MODEL_IDS
    )
    instance: str = setting(
        "PREDICTOR_INSTANCE",
        "this instance's own name: a canary by predictor goes by it (empty: the host's)",
        "",
    )
    sample: float = setting(
        "PREDICTOR_SAMPLE",
        "share of the swipes with client and id whose predictions are written to the log",
        1.0,
        least=0.0,
        most=1.0,
    )
    gesture_width: float = gesture_width_setting("PREDICTOR_GESTURE_WIDTH", most=100_000.0)
    gesture_height: float = gesture_height_setting("PREDICTOR_GESTURE_HEIGHT", most=100_000.0)
    threads: int = setting("PREDICTOR_THREADS", "requests worked on at the same time", 2, least=1, most=256)
    waiting: int = setting(
        "PREDICTOR_WAITING",
        "requests that may wait for a thread; beyond them the answer is 503",
        64,
        least=0,
        most=10_000,
    )
    retry_first: float = setting(
        "PREDICTOR_RETRY_FIRST",
        "seconds until a model that could not be fetched is tried again; doubled each time",
        0.1,
        least=0.01,
        most=60.0,
    )
    retry_cap: float = setting(
        "PREDICTOR_RETRY_CAP", "most seconds between two such tries", 10.0, least=0.01, most=3600.0
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings; the table in the docs lists the variables."""
        return read_settings(
            cls, environ, kafka=KafkaSettings.from_env(environ), s3=S3Settings.from_env(environ)
        )

    def name(self) -> str:
        """Return the name under which a canary knows this instance."""
        return self.instance or socket.gethostname()

    def store(self) -> S3Settings:
        """Return how to reach the models. A try is over well within the time that a stop may take."""
        return replace(self.s3, connect_timeout=1.0, read_timeout=3.0)

    def patience(self) -> Patience:
        """Return one try a call: the model follower repeats, and gives up on a model that is outdated."""
        return Patience(total=0.0)
