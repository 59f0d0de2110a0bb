"""What a request to ingest looks like; these models check types, `fedswipe.swipe_check` checks meaning."""

from pydantic import BaseModel, ConfigDict, Field

from fedswipe.http.swipe_shapes import Coords, Height, Layout, Points, Width


class Swipe(BaseModel):
    """One gesture, touch down to touch up."""

    model_config = ConfigDict(strict=True, extra="forbid")

    client_id: str = Field(description="whose swipe it is; 1 to 128 printable characters, but not . or ..")
    swipe_id: str = Field(description="yours; the same again when you send the swipe again")
    layout: Layout
    word: str | None = Field(None, description="the word it meant, in small letters; null when unknown")
    width: Width
    height: Height
    points: Points


class Batch(BaseModel):
    """Swipes that are stored all or not at all."""

    swipes: list[Swipe] = Field(min_length=1, max_length=500)


class Gesture(BaseModel):
    """One swipe whose client, layout and keyboard size stand in the service's settings."""

    model_config = ConfigDict(strict=True)

    gesture_id: str = Field(description="the swipe's id")
    coords: Coords
    word: str | None = None


class OneClient(BaseModel):
    """Whose swipes to train now."""

    model_config = ConfigDict(strict=True, extra="forbid")

    client_id: str
