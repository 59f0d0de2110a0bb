"""What the pipeline's snapshot looks like."""

from pydantic import BaseModel, Field


class Counted(BaseModel):
    """Events of a kind, and how many come in a second (over the last ten)."""

    total: int
    per_second: float


class ShownDelta(BaseModel):
    """One of the newest deltas; `norm` (L2) is null where the numbers lie in the store, or are none."""

    delta_id: str
    client_id: str
    model_id: str
    offset: int
    bytes: int
    norm: float | None
    examples: int
    base_version: int
    stored_ms: int = Field(description="when the broker stored it")


class Deltas(Counted):
    """Deltas that a link settled or that wait for one, and the newest of them, newest first."""

    latest: list[ShownDelta]


class ShownHead(BaseModel):
    """The newest accepted model."""

    version: int
    model_sha256: str
    link_sha256: str


class ShownWindow(BaseModel):
    """The deltas behind the head's range; `wanted` and `seconds_left` are null where no recipe is known."""

    folded: int = Field(description="deltas that no link has settled yet")
    wanted: int | None = Field(description="deltas that close it")
    seconds_left: float | None = Field(description="until time closes it; null while it is empty")
    opened_ms: int | None = Field(description="when the broker stored its first delta")


class ShownVersion(BaseModel):
    """A version, and how the swipes that it read were judged by the words that were kept."""

    version: int
    closed_by: str
    deltas: int = Field(description="folded into it")
    judged: int
    right: int = Field(description="judged swipes whose word came first")
    among_few: int = Field(description="judged swipes whose word was among the first three")


class ShownServing(BaseModel):
    """What the predictors shall serve; `stable` is null while they follow the head."""

    stable: int | None
    pinned: bool
    canary: int | None
    share: float | None


class ShownLineage(BaseModel):
    """A lineage: its newest model, its open window, its newest versions (oldest first), what is served."""

    head: ShownHead | None
    window: ShownWindow
    versions: list[ShownVersion]
    serving: ShownServing


class ShownPredictor(BaseModel):
    """A predictor, as it answered last; `version` and `instance` are null when it did not."""

    model_id: str
    url: str
    version: int | None
    ready: bool
    instance: str | None


class Behind(BaseModel):
    """How many records a group has not dealt with yet."""

    behind: int


class Letters(BaseModel):
    """Dead letters that were written, by reason; what closes one is not counted."""

    total: int
    by_reason: dict[str, int]


class Pipeline(BaseModel):
    """The whole flow at one moment."""

    at_ms: int
    judged_since_ms: int = Field(description="predictions and words that are older are not in the accuracy")
    caught_up: bool = Field(description="false while what the topics hold is still being read")
    swipes: Counted
    requests: Counted
    deltas: Deltas
    lineages: dict[str, ShownLineage]
    predictors: list[ShownPredictor]
    lag: dict[str, Behind]
    dead_letters: Letters
