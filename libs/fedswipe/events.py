"""Every event of the flow, in the past tense. Their wire form is `schemas/<event>.v1.avsc`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

ClientId = NewType("ClientId", str)
SwipeId = NewType("SwipeId", str)
DeltaId = NewType("DeltaId", str)
ModelId = NewType("ModelId", str)
Version = NewType("Version", int)
Sha256 = NewType("Sha256", str)  # 64 lower-case hexadecimal digits


class DeltaCodec(StrEnum):
    """How a delta's parameters lie in its payload, all little-endian, in the architecture's order."""

    FP32 = "FP32"
    FP16 = "FP16"
    INT8 = "INT8"  # whole numbers, with a scale a tensor
    INT4 = "INT4"
    TOPK = "TOPK"  # those that are farthest from zero, as INT8, with their positions


class ClosedBy(StrEnum):
    """What ended a window."""

    FACTORY = "FACTORY"
    DELTAS = "DELTAS"
    RECORDS = "RECORDS"
    TIME = "TIME"
    ROLLBACK = "ROLLBACK"


class ServingChange(StrEnum):
    """What an operator asked the predictors to do."""

    PIN = "PIN"
    UNPIN = "UNPIN"
    CANARY = "CANARY"
    PROMOTE = "PROMOTE"
    ABORT = "ABORT"


class CanaryBy(StrEnum):
    """What a canary's share is a share of: clients, or predictor instances."""

    CLIENT = "CLIENT"
    PREDICTOR = "PREDICTOR"


@dataclass(frozen=True, slots=True)
class LinkRef:
    """A link of a lineage's chain: the hash of its bytes makes sure that it is the one that is meant."""

    version: Version
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class OffsetRange:
    """Offsets [start, end) of one partition."""

    partition: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An object of the model store: its key holds its SHA-256; size in bytes."""

    key: str
    sha256: Sha256
    size: int


@dataclass(frozen=True, slots=True)
class SwipeRecorded:
    """One gesture, touch down to touch up; x and y in keyboard pixels, t in ms since touch down."""

    client_id: ClientId
    swipe_id: SwipeId
    layout: str
    word: str | None
    width: float
    height: float
    x: tuple[float, ...]
    y: tuple[float, ...]
    t: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TrainingRequested:
    """Train now what lies before offset `swipes_end` of this partition of the swipes.

    `client_id` says who asked for it (None: somebody asked for every client).
    """

    request_id: str
    client_id: ClientId | None
    swipes_partition: int
    swipes_end: int


@dataclass(frozen=True, slots=True)
class DeltaComputed:
    """Trained minus base weights of one client; just one of `payload` and `content` is set."""

    delta_id: DeltaId
    model_id: ModelId
    base_version: Version
    base_link: Sha256
    client_id: ClientId
    swipes: OffsetRange
    swipe_offsets: tuple[int, ...]
    examples: int
    loss_before: float
    loss_after: float
    codec: DeltaCodec
    payload: bytes | None
    content: ObjectRef | None


@dataclass(frozen=True, slots=True)
class PrivacySpent:
    """What all private windows of a lineage so far tell of a client in each; see `learning/privacy.py`.

    `rho` of zero-concentrated differential privacy, and the `epsilon` that follows at `delta`. Versions up to
    `unprotected` (0: none) may hold deltas without noise, whose clients no epsilon covers.
    """

    rho: float
    epsilon: float
    delta: float
    unprotected: Version


@dataclass(frozen=True, slots=True)
class GlobalModelPublished:
    """A link of a lineage's chain, once readers accept it; see `chain.py` for what decides that.

    `parent` is the SHA-256 of the parent link's bytes ("" for version 1); `rollback_to` is the
    version whose model and optimiser state this link takes back. `noise` is the SHA-256 of the seed of the
    noise in the model (None: there is none of this window), `privacy` what noise has cost the lineage so far.
    """

    model_id: ModelId
    version: Version
    parent: str
    ranges: tuple[OffsetRange, ...]
    model: ObjectRef
    optimizer: ObjectRef
    manifest: ObjectRef
    recipe: ObjectRef
    folded: int
    refused: int
    examples: int
    closed_by: ClosedBy
    rollback_to: Version | None
    noise: Sha256 | None = None
    privacy: PrivacySpent | None = None


@dataclass(frozen=True, slots=True)
class ServingChanged:
    """What an operator asked the predictors to do; see `serving/state.py` for what counts.

    `link` is what PIN pins and CANARY tries. Of CANARY alone: `stable`, what the others are served meanwhile,
    `share` in (0, 1], `by`. `canary` is the offset of the CANARY that PROMOTE and ABORT end.
    """

    model_id: ModelId
    change: ServingChange
    link: LinkRef | None = None
    stable: LinkRef | None = None
    share: float | None = None
    by: CanaryBy | None = None
    canary: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PredictionServed:
    """What a predictor answered to one swipe, and with which version; best word first."""

    client_id: ClientId
    swipe_id: SwipeId
    model_id: ModelId
    version: Version
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClientForgotten:
    """This client's data take no part from here on."""

    client_id: ClientId


@dataclass(frozen=True, slots=True)
class Header:
    """One Kafka header."""

    name: str
    value: bytes | None


@dataclass(frozen=True, slots=True)
class DeadLettered:
    """A record that could not be used, whole, with its position (which is the letter's id) and the reason."""

    topic: str
    partition: int
    offset: int
    reason: str
    detail: str
    service: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]


Event = (
    SwipeRecorded
    | TrainingRequested
    | DeltaComputed
    | GlobalModelPublished
    | ServingChanged
    | PredictionServed
    | ClientForgotten
    | DeadLettered
)
