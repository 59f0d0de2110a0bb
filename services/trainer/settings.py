"""What the trainer can be told; each field names its environment variable and its meaning."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from fedswipe.environment import read_settings, setting
from fedswipe.events import DeltaCodec
from fedswipe.http.settings import host_setting, port_setting
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.top_k import SHARE
from fedswipe.modelstore.patience import Patience
from fedswipe.modelstore.s3 import S3Settings
from services.trainer.handlers import Collecting
from services.trainer.lease import Load
from services.trainer.ranges import RangeLimits


@dataclass(frozen=True)
class Settings:
    """The trainer's settings; `from_env` raises FedswipeError that names the variable and the remedy."""

    kafka: KafkaSettings
    s3: S3Settings
    http_host: str = host_setting()
    http_port: int = port_setting(8002)
    instance: str = setting(
        "TRAINER_INSTANCE",
        "this instance's own, lasting name; of two with one name the older is shut out (empty: the host's)",
        "",
    )
    range_swipes: int = setting(
        "TRAINER_RANGE_SWIPES", "a range closes at this many swipes", 512, least=1, most=4096
    )
    range_seconds: float = setting(
        "TRAINER_RANGE_SECONDS", "or this many seconds after its first swipe", 2.0, least=0.0, most=3600.0
    )
    held_swipes: int = setting(
        "TRAINER_HELD_SWIPES", "swipes in memory beyond which reading pauses", 4096, least=1
    )
    held_bytes: int = setting(
        "TRAINER_HELD_BYTES", "bytes of swipes in memory beyond which reading pauses", 64_000_000, least=1
    )
    repeat_span: int = setting(
        "TRAINER_REPEAT_SPAN",
        "a swipe counts no more if its client and id stand among so many records before it",
        10_000,
        least=0,
        most=1_000_000,
    )
    epochs: int = setting("TRAINER_EPOCHS", "local epochs", 1, least=1, most=100)
    batch_size: int = setting("TRAINER_BATCH_SIZE", "swipes a local step", 16, least=1, most=4096)
    candidates: int = setting(
        "TRAINER_CANDIDATES",
        "words a swipe that training tells apart, the right one among them; 0: it learns letters alone",
        8,
        least=0,
        most=50,
    )
    spelling: float = setting(
        "TRAINER_SPELLING",
        "share of the loss of letters beside that of words",
        0.3,
        least=0.0,
        most=100.0,
    )
    calibration: bool = setting(
        "TRAINER_CALIBRATION",
        "whether clients fit the search's weights too; false where they come again with learnt swipes",
        True,
    )
    optimizer: str = setting("TRAINER_OPTIMIZER", "local optimiser", "sgd", choices=("adam", "sgd"))
    learning_rate: float | None = setting(
        "TRAINER_LEARNING_RATE",
        "local learning rate (empty: 0.1 for sgd, 0.002 for adam)",
        None,
        least=0.0,
        most=10.0,
    )
    rate_decay: int = setting(
        "TRAINER_RATE_DECAY",
        "model versions after which the local learning rate is half of the first one's; 0 keeps it",
        0,
        least=0,
    )
    augmentation: bool = setting(
        "TRAINER_AUGMENTATION",
        "whether swipes are changed a little before they are learnt, for clients that come again and again",
        False,
    )
    clip_norm: float = setting("TRAINER_CLIP_NORM", "largest L2 norm of a step's gradient", 1.0, least=1e-6)
    fedprox_mu: float = setting(
        "TRAINER_FEDPROX_MU", "FedProx's pull towards the base model; 0 is FedAvg", 0.0, least=0.0
    )
    device: str = setting(
        "DEVICE", "what trains; auto takes a GPU if there is one", "auto", choices=("auto", "cpu", "cuda")
    )
    threads: int = setting("TRAINER_THREADS", "stacks trained side by side", 2, least=1, most=256)
    stack: int = setting(
        "TRAINER_STACK", "clients trained as one computation; 1 is plain PyTorch", 8, least=1, most=256
    )
    codec: str = setting(
        "TRAINER_CODEC",
        "how deltas are written: FP32, FP16, INT8, INT4 or TOPK",
        DeltaCodec.FP16.value,
        choices=tuple(map(str, DeltaCodec)),
    )
    topk_share: float = setting(
        "TRAINER_TOPK_SHARE", "share of a delta's numbers that TOPK sends", SHARE, least=0.001, most=1.0
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings; the table in the docs lists the variables."""
        return read_settings(
            cls, environ, kafka=KafkaSettings.from_env(environ), s3=S3Settings.from_env(environ)
        )

    @property
    def transactional_id(self) -> str:
        """Return the name under which Kafka knows this instance's transactions."""
        return f"fedswipe.trainer.{self.instance or socket.gethostname()}"

    @property
    def collecting(self) -> Collecting:
        """Return where ranges end and reading pauses."""
        limits = RangeLimits(self.range_swipes, self.range_seconds)
        return Collecting(limits, Load(self.held_swipes, self.held_bytes))

    def store(self) -> S3Settings:
        """Return how to reach the models. A try is over well within the time that a stop may take."""
        return replace(self.s3, connect_timeout=1.0, read_timeout=3.0)

    def patience(self) -> Patience:
        """Return one try a call: who calls repeats, and gives up on what is outdated."""
        return Patience(total=0.0)
