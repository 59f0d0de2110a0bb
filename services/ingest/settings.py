"""What ingest can be told; every field but Kafka's names its environment variable and its meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from fedswipe.environment import read_settings, setting
from fedswipe.errors import FedswipeError
from fedswipe.http.settings import gesture_height_setting, gesture_width_setting, host_setting, port_setting
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import LINEAGES
from services.ingest.operator.peers import OPERATORS, Peers, read_peers

LAYOUTS = tuple(lineage.layout for lineage in LINEAGES)
PREDICTORS = "INGEST_PREDICTORS"


@dataclass(frozen=True)
class Settings:
    """Ingest's settings; `from_env` raises FedswipeError that names the variable and the remedy."""

    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    http_host: str = host_setting()
    http_port: int = port_setting(8000)
    max_swipes: int = setting("INGEST_MAX_SWIPES", "swipes a request", 500, least=1)
    max_bytes: int = setting("INGEST_MAX_BYTES", "bytes a request", 2 * 1024 * 1024, least=1024)
    max_held_bytes: int = setting(
        "INGEST_MAX_HELD_BYTES",
        "bytes of all requests that wait for the broker together; beyond them the answer is 503",
        64 * 1024 * 1024,
        least=1024,
    )
    answer_seconds: float = setting(
        "INGEST_ANSWER_SECONDS",
        "seconds until a request that the broker did not acknowledge is answered by 503",
        4.5,
        least=0.1,
        most=60.0,
    )
    history_seconds: float = setting(
        "INGEST_HISTORY_SECONDS",
        "seconds until the question what a client gave is answered by 503, when it takes that long to read",
        10.0,
        least=0.1,
        most=600.0,
    )
    cors_origins: tuple[str, ...] = setting(
        "INGEST_CORS_ORIGINS", "origins whose browsers may call, separated by commas", ()
    )
    predictors: tuple[str, ...] = setting(
        PREDICTORS, "where each model's predictor is, such as swipe-en=http://127.0.0.1:8001, by commas", ()
    )
    gesture_client: str = setting(
        "INGEST_GESTURE_CLIENT", "client id of swipes in the gesture_id shape", "default"
    )
    gesture_layout: str = setting(
        "INGEST_GESTURE_LAYOUT", "layout of swipes in the gesture_id shape", LAYOUTS[0], choices=LAYOUTS
    )
    gesture_width: float = gesture_width_setting("INGEST_GESTURE_WIDTH")
    gesture_height: float = gesture_height_setting("INGEST_GESTURE_HEIGHT")
    pipeline: bool = setting("INGEST_PIPELINE", "whether to follow the whole flow and show it", True)
    operators: tuple[str, ...] = setting(
        OPERATORS,
        "addresses besides loopback from which the operator may act, by commas; gateway: the default route's,"
        " through which Docker brings in what comes to its host's port",
        (),
    )
    listeners: int = setting(
        "INGEST_LISTENERS", "pages that may follow the pipeline at the same time", 32, least=1, most=1_000
    )
    look_seconds: float = setting(
        "INGEST_LOOK_SECONDS", "seconds between two looks at topics' lengths and predictors", 1.0, least=0.1
    )
    judged_hours: float = setting(
        "INGEST_JUDGED_HOURS", "hours of predictions and words that are judged at the start", 24.0, least=0.0
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings; the table in the docs lists the variables."""
        settings = read_settings(cls, environ, kafka=KafkaSettings.from_env(environ))
        settings.predictor_addresses()
        settings.operator_peers()
        return settings

    def predictor_addresses(self) -> dict[str, str]:
        """Return the predictors' base URLs by the layouts that they serve. Raises FedswipeError."""
        return dict(_predictor(entry) for entry in self.predictors)

    def operator_peers(self) -> Peers:
        """Return whose requests are this machine's, besides the loopback's. Raises FedswipeError."""
        return read_peers(self.operators)


def _predictor(entry: str) -> tuple[str, str]:
    """Read one model=URL."""
    model, _, url = entry.partition("=")
    layouts = {str(lineage.model_id): lineage.layout for lineage in LINEAGES}
    if model not in layouts or not url.startswith(("http://", "https://")):
        models = " or ".join(layouts)
        raise FedswipeError(f"{PREDICTORS}: {entry!r}; give model=http://host:port, model being {models}")
    return layouts[model], url.rstrip("/")
