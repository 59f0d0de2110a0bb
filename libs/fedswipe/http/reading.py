"""Reads each swipe of a request, and lists everything that is wrong with any of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import ValidationError

from fedswipe.http.problem import Problem
from fedswipe.swipe_check import InvalidSwipe

T = TypeVar("T")
Refused = ValidationError | InvalidSwipe
CODES = {"missing": "missing_field", "extra_forbidden": "unknown_field"}  # pydantic's types of errors -> ours


@dataclass(frozen=True)
class Wording:
    """How a service speaks of swipes that it refuses.

    undone: what became of the others, as in "none was stored". whole: the field's name where all of a swipe
    is wrong. remedies: by pydantic's types of errors, where its own messages will not do.
    """

    undone: str
    whole: str = ""
    remedies: Mapping[str, str] = field(default_factory=dict)


def read_each(items: Sequence[Any], read: Callable[[Any], T], most: int, wording: Wording) -> list[T]:
    """Read 1 to `most` items, all or none; `read` raises ValidationError or InvalidSwipe.

    Raises Problem: 413 for too many, 422 for none, and 422 that lists every refused index.
    """
    if not items:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "NO_SWIPES", "swipes: give one or more")
    if len(items) > most:
        detail = f"swipes: {len(items)} are too many; send {most} at most a request"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "TOO_MANY_SWIPES", detail)
    swipes, refusals = [], []
    for index, item in enumerate(items):
        try:
            swipes.append(read(item))
        except (ValidationError, InvalidSwipe) as error:
            refusals.append(refusal(index, error, wording))
    if refusals:
        raise refused(
            refusals, f"{len(refusals)} of {len(items)} swipes; {wording.undone}, mend or leave them out"
        )
    return swipes


def refusal(index: int, error: Refused, wording: Wording) -> dict[str, Any]:
    """Say why the item at `index` is refused: a stable code, the field, the remedy."""
    if isinstance(error, InvalidSwipe):
        return {"index": index, "code": error.reason, "field": error.field, "remedy": error.remedy}
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    kind = first["type"]
    return {
        "index": index,
        "code": CODES.get(kind, "wrong_type"),
        "field": _path(first["loc"]) or wording.whole,
        "remedy": wording.remedies.get(kind, first["msg"]),
    }


def refused(refusals: Sequence[Mapping[str, Any]], detail: str) -> Problem:
    """Return the problem (422) that lists these refusals."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "REFUSED", detail, refusals)


def _path(place: tuple[int | str, ...]) -> str:
    """("points", 3, 0) -> "points[3][0]"."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
