"""What requests and answers look like; these models check types, `fedswipe.swipe_check` checks meaning."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from fedswipe.http.swipe_shapes import Coords, Height, Layout, Points, Width

MOST_SWIPES = 100
MOST_WORDS = 20
MOST_CONTEXT = 1_000  # characters
MOST_CONTEXT_WORDS = 200
WORDS = 5  # unless the request says otherwise

TopK = Annotated[int, Field(ge=1, le=MOST_WORDS, description="words for each swipe")]

ClientId = Annotated[
    str | None,
    Field(description="whose swipe it is; a canary goes by it, and with a swipe's id it is judged later"),
]


Context = Annotated[
    Annotated[str, Field(max_length=MOST_CONTEXT)]
    | Annotated[list[Annotated[str, Field(max_length=MOST_CONTEXT)]], Field(max_length=MOST_CONTEXT_WORDS)]
    | None,
    Field(
        description="the text, or the words, to the left of the swipe; empty where a sentence begins",
        examples=["how are", ["how", "are"]],
    ),
]


class Swipe(BaseModel):
    """One gesture, touch down to touch up."""

    model_config = ConfigDict(strict=True, extra="forbid")

    client_id: ClientId = None
    swipe_id: str | None = Field(None, description="yours; it stands in the answer")
    context: Context = None
    layout: Layout
    word: str | None = Field(None, description="the word it meant; nothing depends on it")
    width: Width
    height: Height
    points: Points = Field(
        description="1 to 2,000 touch events in the order they happened; one alone is a tap: a letter"
    )


class Gesture(BaseModel):
    """One swipe whose layout and keyboard size stand in the service's settings."""

    model_config = ConfigDict(strict=True)

    client_id: ClientId = None
    gesture_id: str | None = Field(None, description="yours; it stands in the answer as swipe_id")
    context: Context = None
    coords: Coords


class OneSwipe(Swipe):
    """A `Swipe`, and how many words are wanted."""

    top_k: TopK = WORDS


class OneGesture(Gesture):
    """A `Gesture`, and how many words are wanted."""

    top_k: TopK = WORDS


class Batch(BaseModel):
    """Swipes that are predicted all or not at all, those of one client by one model."""

    swipes: list[Swipe | Gesture] = Field(min_length=1, max_length=MOST_SWIPES)
    top_k: TopK = WORDS


class Word(BaseModel):
    """A word, its probability among the words of its swipe, which add up to 1, and how to show it."""

    word: str
    probability: float
    display: str = Field(description="the word with its capitals and apostrophe, as far as they are known")


class SwipeWords(BaseModel):
    """What a swipe may mean, the likeliest first, and the version that says so."""

    swipe_id: str | None
    words: list[Word]
    version: int


class Model(BaseModel):
    """A global model: its link's version and hash, its own hash, since when it answers."""

    id: str
    version: int
    sha256: str
    link_sha256: str
    loaded_since: datetime


class Predicted(BaseModel):
    """The words of each swipe, in order, and the first one's model: all have it unless a canary is on."""

    predictions: list[SwipeWords]
    model: Model
    took_ms: float


class Refusal(BaseModel):
    """Why a newer model was not served; `final`: it is not tried again."""

    version: int
    link_sha256: str
    reason: str
    attempts: int
    final: bool
    at: datetime


class OnTrial(BaseModel):
    """A canary: who gets it, and its model once it is loaded; until then everybody gets the stable one."""

    version: int
    link_sha256: str
    share: float
    by: str
    model: Model | None


class Serving(Model):
    """The stable model, which version it shall be, whether that is pinned, the canary, the last refusal."""

    instance: str
    wanted_version: int | None
    pinned: bool
    canary: OnTrial | None
    last_refusal: Refusal | None
