"""What the routes of a client answer, as the OpenAPI document describes it."""

from pydantic import BaseModel, Field

from fedswipe.learning.verdict import Verdict


class Forgetting(BaseModel):
    """The record of the clients' topic that says so."""

    offset: int


class ForgottenAnswer(BaseModel):
    """The broker has acknowledged that this client is forgotten."""

    client_id: str
    forgotten: Forgetting


class DeltaAnswer(BaseModel):
    """What was trained from some of the client's swipes."""

    delta_id: str
    model_id: str
    base_version: int = Field(description="the version that was trained from")
    examples: int
    offset: int = Field(description="in the lineage's partition of the deltas")
    verdict: Verdict | str | None = Field(
        description="what became of it, from a newer release perhaps another code; null: not settled or told"
    )
    folded_in: int | None = Field(description="the version that it is part of")


class VersionAnswer(BaseModel):
    """A global model that the client is part of."""

    model_id: str
    version: int


class Kept(BaseModel):
    """For how many days at least the broker keeps what came; null: for ever."""

    swipes_days: int | None
    deltas_days: int | None


class ClientAnswer(BaseModel):
    """What a client gave, as far as it is still kept, and what became of it."""

    client_id: str
    swipes: int = Field(description="as they were recorded: one that was sent twice counts twice")
    swipes_by_layout: dict[str, int]
    words: int = Field(description="different ones")
    deltas: list[DeltaAnswer] = Field(description="the newest 1,000 of each model, oldest first")
    versions: list[VersionAnswer] = Field(description="those that the listed deltas are part of")
    kept: Kept
    forgotten: Forgetting | None = Field(description="the record that forgot the client first; null: none")
