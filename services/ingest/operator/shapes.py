"""What the operator's requests and answers look like."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class OneVersion(BaseModel):
    """Which version."""

    model_config = ConfigDict(strict=True, extra="forbid")

    version: int = Field(ge=1)


class CanaryWanted(OneVersion):
    """Which version, and for how many of the clients."""

    share: float = Field(0.1, gt=0, le=1)


class Nothing(BaseModel):
    """No field: the lineage says it all."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Acted(BaseModel):
    """It stands in the log; `version` is what a rollback published."""

    model_id: str
    act: str
    version: int | None = None


class Range(BaseModel):
    """Offsets [start, end) of a partition of the deltas."""

    partition: int
    start: int
    end: int


class Object(BaseModel):
    """An object of the model store; size in bytes."""

    key: str
    sha256: str
    size: int


class ModelDelta(BaseModel):
    """A record that the version settled; what stands in the delta itself is null when that is gone."""

    offset: int
    delta_id: str
    client_id: str | None
    examples: int | None
    base_version: int | None
    verdict: str
    weight: int
    share: float = Field(description="of the folded weights, 0 to 1")
    norm: float | None
    letter: str | None = Field(description="the dead letter's reason")


class TakenBack(BaseModel):
    """A version that a rollback left behind."""

    version: int
    folded: int
    examples: int


class ModelDetails(BaseModel):
    """All that log and store say of a version."""

    model_id: str
    version: int
    link_sha256: str
    parent: str = Field(description='the parent link\'s SHA-256, "" for version 1')
    offset: int = Field(description="of the link")
    range: Range = Field(description="of the deltas that it settles")
    closed_by: str
    rollback_to: int | None
    folded: int
    refused: int
    examples: int
    model: Object
    recipe: dict[str, Any]
    deltas: list[ModelDelta]
    taken_back: list[TakenBack]


class VerificationState(BaseModel):
    """How far a verification is; `report` is that of `fedswipe audit verify --json`."""

    model_id: str
    version: int
    state: str = Field(description="waiting, running, done or failed")
    doing: str | None
    done: int
    of: int
    report: dict[str, Any] | None
    error: str | None
