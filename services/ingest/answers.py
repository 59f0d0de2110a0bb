"""What ingest answers, as its OpenAPI document describes it."""

from typing import Any

from pydantic import BaseModel, Field


class Recorded(BaseModel):
    """The broker has acknowledged every swipe of the request with acks=all."""

    recorded: int = Field(description="swipes stored")


class RequestedRange(BaseModel):
    """Up to where a partition of the swipes is to be trained."""

    request_id: str
    partition: int
    swipes_end: int = Field(description="offset behind the last swipe that was there")


class TrainingAccepted(BaseModel):
    """The requests that the broker has acknowledged."""

    requests: list[RequestedRange]


class HeadAnswer(BaseModel):
    """The newest accepted model of a lineage."""

    version: int
    link_sha256: str = Field(description="of the link's bytes: what names it in the chain")
    model_sha256: str = Field(description="of the model file")
    model_key: str = Field(description="where the model lies in the model store's bucket")


class StatsAnswer(BaseModel):
    """Lengths of the topics since they were made, and the lineages' heads."""

    swipes: int = Field(description="swipes ever recorded")
    deltas: int = Field(description="offsets used by deltas; each transaction's end marker uses one, too")
    dead_letters: int = Field(description="offsets used by dead letters, markers included as above")
    lineages: dict[str, HeadAnswer | None] = Field(description="by model id; null before the first model")


class Refusal(BaseModel):
    """Why one swipe was refused."""

    index: int = Field(description="of the swipe in the request, from 0")
    code: str = Field(description="stable", examples=["word_outside_alphabet"])
    field: str = Field(examples=["word", "points[3][0]"])
    remedy: str


class ProblemDetails(BaseModel):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str = Field(description="stable", examples=["REFUSED", "UNAVAILABLE"])
    detail: str
    errors: list[Refusal] | None = None


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of these refusals."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {status: {"description": REASONS[status], "content": content} for status in statuses}


REASONS = {
    400: "The body is not JSON.",
    403: "Not the operator: only this machine's own pages and programs may do this.",
    404: "There is no such model or version.",
    409: "Refused: it does not fit what the log says now.",
    408: "The body took too long to arrive.",
    413: "The body or the batch is too large; it was not read to its end.",
    422: "Refused: `errors` lists every refused index; nothing was stored.",
    503: "What this needs is away or too slow; nothing is known to be stored. Send the same again later.",
}
