"""The page shows the words that the predictor gives for a gesture, whoever's finger draws it.

Simulated typists' gestures are always at hand. Real people's come from the public logs "How We Swipe", which
the project does not hold: FEDSWIPE_SWIPES names them.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from fedswipe.datasets.how_we_swipe import is_unseen, read_people
from fedswipe.swipe.gesture import Gesture, LabelledGesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import simulate_typists
from fedswipe.testing.running_loop import RunningLoop
from fedswipe.topology import LINEAGES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LOGS = os.environ.get("FEDSWIPE_SWIPES", "")
NO_LOGS = 'set FEDSWIPE_SWIPES to swipelogs.zip of the public data set "How We Swipe" (OSF project sj67f)'
PREDICT = "/api/v1/predict"
WIDTH, HEIGHT = 360.0, 216.0  # as ingest describes the keyboard
# The page counts in tenths of a pixel, and people's keyboards have shapes of their own: where two words are
# about as likely, they may change places.
SAME = 0.95


@dataclass(frozen=True)
class Shown:
    """What somebody meant, the page's words for their gesture, and the predictor's for the gesture itself."""

    meant: str
    page: Sequence[str]
    predictor: Sequence[str]


def simulated() -> Iterator[LabelledGesture]:
    """A gesture of each of many typists, on a keyboard of the page's shape."""
    layout, lexicon = load_layout(LINEAGES[0].layout), load_lexicon(LINEAGES[0].lexicon)
    for typist in simulate_typists(layout, lexicon, 60, 1, 11):
        gesture = typist.gestures[0]
        points = gesture.points * np.float32([WIDTH / gesture.width, HEIGHT / gesture.height, 1])
        yield LabelledGesture(typist.words[0], Gesture(points, WIDTH, HEIGHT))


def recorded() -> Iterator[LabelledGesture]:
    """A gesture of each person that no model was trained on; a hash chooses which."""
    for person in read_people(Path(LOGS)):
        if is_unseen(person.id) and person.swipes:
            yield min(person.swipes, key=digest)


def digest(swipe: LabelledGesture) -> bytes:
    return hashlib.sha256(swipe.gesture.points.tobytes()).digest()


def draw(someone: Any, loop: RunningLoop, predicted: Callable[..., Any], swipe: LabelledGesture) -> Shown:
    """Draw it on an empty field: the page asks for what was drawn, and shows all that it is answered."""
    someone.swipe(swipe.gesture)
    shown, sent = someone.suggestions, someone.asked(PREDICT)[-1]
    someone.page.locator("#clear").click()
    points, drawn = sent["points"], swipe.gesture.points
    assert points[-1][2] == pytest.approx(drawn[-1, 2], abs=1)  # ms: at its own speed
    for ours, theirs in ((points[0], drawn[0]), (points[-1], drawn[-1])):
        assert ours[0] / sent["width"] == pytest.approx(theirs[0] / swipe.gesture.width, abs=0.002)
        assert ours[1] / sent["height"] == pytest.approx(theirs[1] / swipe.gesture.height, abs=0.002)
    answer = httpx.post(loop.urls["predictor"] + PREDICT, json=sent).raise_for_status()
    words = answer.json()["predictions"][0]["words"]
    assert shown == [word["display"] for word in words]
    asked = {"context": sent["context"], "top_k": sent["top_k"]}
    own = predicted(loop.lineage, swipe.gesture, **asked)
    return Shown(swipe.word, [word["word"] for word in words], [word["word"] for word in own])


@pytest.mark.parametrize(
    ("source", "count", "whole", "right", "among"),
    [
        (simulated, 8, 0.85, 0.5, 0.6),
        pytest.param(recorded, 24, 0.7, 0.7, 0.8, marks=pytest.mark.skipif(not LOGS, reason=NO_LOGS)),
    ],
    ids=["simulated", "recorded"],
)
def test_words_are_those_of_the_gesture_itself(
    loop: RunningLoop, visitor, predicted, record_property, source, count, whole, right, among
) -> None:
    someone = visitor()
    some = (each for each in source() if len(set(each.word)) > 1 and someone.begins_on_letters(each.gesture))
    shown = [draw(someone, loop, predicted, swipe) for swipe in islice(some, count)]
    assert len(shown) == count
    others = [one for one in shown if one.page[0] != one.predictor[0]]
    same = 1 - len(others) / count
    alike = sum(one.page == one.predictor for one in shown) / count
    top = sum(one.page[0] == one.meant for one in shown) / count
    few = sum(one.meant in one.page for one in shown) / count
    told = f"the predictor's top word {same:.1%}, all its words {alike:.1%}; the word meant is the top one "
    told += f"{top:.1%}, among them {few:.1%}"
    record_property("measured", f"{count} {source.__name__} gestures drawn on the page: {told}")
    assert same >= SAME, others
    assert alike >= whole
    assert top >= right
    assert few >= among
