"""The keyboards that swipes may come from: one a lineage, drawn by its layout's file."""

from collections.abc import Collection

from fastapi import FastAPI
from pydantic import BaseModel, Field

from fedswipe.swipe.layout import load_layout_file
from fedswipe.topology import LINEAGES, Lineage
from services.ingest.settings import Settings


class Key(BaseModel):
    """A letter, and the centre of its key. Of letters with one centre the first has the key for its own."""

    letter: str
    x: float
    y: float


class Keyboard(BaseModel):
    """A layout of letters; all sizes are in one unit, from the keyboard's top left corner."""

    layout: str = Field(examples=["qwerty-en"])
    model_id: str = Field(description="the lineage that learns it", examples=["swipe-en"])
    language: str = Field(description="the layout's language, as BCP 47 has it", examples=["en"])
    width: float
    height: float
    key_width: float
    key_height: float
    keys: list[Key]
    predicts: bool = Field(description="whether ingest knows a predictor for it")


class Keyboards(BaseModel):
    """Every keyboard that a model learns, the first lineage's first."""

    keyboards: list[Keyboard]


def add_keyboard_routes(app: FastAPI, settings: Settings, predicted: Collection[str]) -> None:
    """Add the route; `predicted` are the layouts that have a predictor."""
    width, height = settings.gesture_width, settings.gesture_height
    known = [keyboard(line, width, height, line.layout in predicted) for line in LINEAGES]

    @app.get("/api/v1/keyboards")
    async def keyboards() -> Keyboards:
        """List the keyboards to swipe on: letters and where their keys lie."""
        return Keyboards(keyboards=known)


def keyboard(line: Lineage, width: float, height: float, predicts: bool) -> Keyboard:
    """Return a lineage's keyboard at this size."""
    file = load_layout_file(line.layout)
    return Keyboard(
        layout=line.layout,
        model_id=line.model_id,
        language=line.layout.rpartition("-")[2],
        width=width,
        height=height,
        key_width=round(file.key_width * width, 3),
        key_height=round(file.key_height * height, 3),
        keys=[
            Key(letter=letter, x=round(x * width, 3), y=round(y * height, 3))
            for letter, (x, y) in file.keys().items()
        ],
        predicts=predicts,
    )
