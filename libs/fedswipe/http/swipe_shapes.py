"""The parts of a swipe in a request's JSON. They check types; `fedswipe.swipe_check` checks meaning."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, FailFast, Field

Layout = Annotated[str, Field(description="the keyboard's layout", examples=["qwerty-en"])]
Width = Annotated[float, Field(description="the keyboard's width in pixels")]
Height = Annotated[float, Field(description="the keyboard's height in pixels")]
Point = Annotated[
    tuple[float, float, float],
    Field(strict=False, description="x and y in the keyboard's pixels from its top left corner, t in ms"),
]
Points = Annotated[
    list[Point],
    FailFast(),
    Field(description="1 to 2,000 touch events in the order they happened; one alone is a tap"),
]


class Coordinate(BaseModel):
    """A touch event of a `Gesture`."""

    model_config = ConfigDict(strict=True)

    x: float = Field(description="pixels from the left")
    y: float = Field(description="pixels from the top")
    t: float = Field(description="seconds")


Coords = Annotated[list[Coordinate], FailFast()]


def points_of(coords: list[Coordinate]) -> list[tuple[float, float, float]]:
    """Return the coordinates as a `Swipe` has them: (x, y, t) with t in ms."""
    return [(at.x, at.y, 1000.0 * at.t) for at in coords]
