"""What a request to ingest looks like; these models check types, `fedswipe.swipe_check` checks meaning."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, FailFast, Field

Point = Annotated[
    tuple[float, float, float],
    Field(strict=False, description="x and y in the keyboard's pixels from its top left corner, t in ms"),
]


class Swipe(BaseModel):
    """One gesture, touch down to touch up."""

    model_config = ConfigDict(strict=True, extra="forbid")

    client_id: str = Field(description="whose swipe it is; 1 to 128 printable characters")
    swipe_id: str = Field(description="yours; the same again when you send the swipe again")
    layout: str = Field(description="the keyboard's layout", examples=["qwerty-en"])
    word: str | None = Field(None, description="the word it meant, in small letters; null when unknown")
    width: float = Field(description="the keyboard's width in pixels")
    height: float = Field(description="the keyboard's height in pixels")
    points: Annotated[list[Point], FailFast()] = Field(
        description="1 to 2,000 touch events in the order they happened; one alone is a tap"
    )


class Batch(BaseModel):
    """Swipes that are stored all or not at all."""

    swipes: list[Swipe] = Field(min_length=1, max_length=500)


class Coordinate(BaseModel):
    """A touch event of a `Gesture`."""

    model_config = ConfigDict(strict=True)

    x: float = Field(description="pixels from the left")
    y: float = Field(description="pixels from the top")
    t: float = Field(description="seconds")


class Gesture(BaseModel):
    """One swipe whose client, layout and keyboard size stand in the service's settings."""

    model_config = ConfigDict(strict=True)

    gesture_id: str = Field(description="the swipe's id")
    coords: Annotated[list[Coordinate], FailFast()]
    word: str | None = None


class OneClient(BaseModel):
    """Whose swipes to train now."""

    model_config = ConfigDict(strict=True, extra="forbid")

    client_id: str
