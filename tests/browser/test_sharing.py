"""What somebody shares who agreed to: each swipe with its kept word, once, whatever the network does."""

from collections import Counter
from typing import Any

import pytest

from fedswipe.events import ClientId, SwipeId
from fedswipe.testing.proof import SwipeKey, prove_swipes
from fedswipe.testing.running_loop import RunningLoop
from fedswipe.testing.until import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SWIPES_PATH, PREDICT, TRAIN = "/api/v1/swipes", "/api/v1/predict", "/api/v1/train"
DEADLINE = 90.0  # seconds; reached only by a failure


@pytest.fixture
def sharer(visitor) -> Any:
    """Somebody who has agreed."""
    someone = visitor()
    someone.page.locator("#consent").check()
    return someone


def test_the_word_that_was_kept_is_the_label(loop: RunningLoop, sharer, gestures) -> None:
    first, second, third = list(gestures.values())[:3]
    word = sharer.swipe(first)
    sharer.swipe(second)
    correction = sharer.suggestions[1]
    sharer.page.locator("#words button").nth(1).click()
    assert sharer.text == f"{word} {correction}"
    sharer.swipe(third)
    sharer.key("erase")  # taken back: nobody's label
    sharer.key("space")
    sharer.wait_sent(2)
    plain = [shown.lower().replace("'", "") for shown in (word, correction)]
    stored = loop.recorded(sharer.name)
    assert [swipe.word for swipe in stored] == plain
    asked = sharer.asked(PREDICT)
    assert [swipe.swipe_id for swipe in stored] == [each["swipe_id"] for each in asked[:2]]
    assert {each["client_id"] for each in asked} == {sharer.name}
    assert [len(swipe.x) for swipe in stored] == [len(each["points"]) for each in asked[:2]]


def test_a_pause_settles_a_word(sharer, gestures) -> None:
    sharer.swipe(next(iter(gestures.values())))
    assert sharer.suggestions
    sharer.wait_sent(1)
    assert sharer.suggestions == []


def test_what_cannot_be_sent_waits_through_a_reload_and_counts_once(
    loop: RunningLoop, sharer, gestures
) -> None:
    sharer.expected = "net::ERR_"
    context = sharer.page.context

    def heard_and_not_answered(route: Any) -> None:
        route.fetch()  # ingest stores it, and the page never learns so
        route.abort("connectionreset")

    context.route(f"**{SWIPES_PATH}", heard_and_not_answered)
    for gesture in list(gestures.values())[:2]:
        sharer.swipe(gesture)
    sharer.key("space")
    waiting = "() => document.querySelector('#sent').textContent === 'Sent: 0. Waiting: 2.'"
    sharer.page.wait_for_function(waiting)
    sharer.visit()
    sharer.page.wait_for_function(waiting)
    context.unroute(f"**{SWIPES_PATH}")
    sharer.page.evaluate("() => dispatchEvent(new Event('online'))")
    sharer.wait_sent(2)
    name = sharer.name
    counts = Counter(swipe.swipe_id for swipe in loop.recorded(name))
    assert len(counts) == 2
    assert max(counts.values()) > 1  # stored again, and trained once:
    loop.wait_settled(DEADLINE)
    prove_swipes(loop.kafka, [SwipeKey(ClientId(name), SwipeId(one)) for one in counts])


def test_offline_and_back(loop: RunningLoop, sharer, gestures) -> None:
    sharer.expected = "net::ERR_"
    first, second = list(gestures.values())[:2]
    word = sharer.swipe(first)
    sharer.page.context.set_offline(True)
    sharer.draw(second)
    sharer.page.get_by_text("No connection to the predictor").wait_for()
    sharer.tap("a")
    assert sharer.text == f"{word}a"
    sharer.page.wait_for_function(
        "() => document.querySelector('#sent').textContent === 'Sent: 0. Waiting: 1.'"
    )
    sharer.page.context.set_offline(False)
    sharer.wait_sent(1)
    assert [swipe.word for swipe in loop.recorded(sharer.name)] == [word.lower()]
    sharer.key("space")
    sharer.swipe(second)


def test_who_changes_their_mind_sends_nothing_any_more(loop: RunningLoop, sharer, gestures) -> None:
    for gesture in list(gestures.values())[:2]:
        sharer.swipe(gesture)
    sharer.wait_sent(1)
    sharer.page.locator("#consent").uncheck()
    sharer.key("space")
    sharer.swipe(next(iter(gestures.values())))
    sharer.key("space")
    assert len(loop.recorded(sharer.name)) == 1
    assert "client_id" not in sharer.asked(PREDICT)[-1]


def test_swipes_become_part_of_the_next_model_while_words_go_on_coming(
    loop: RunningLoop, sharer, gestures
) -> None:
    versions: list[int] = []

    def answered(answer: Any) -> None:
        if answer.url.endswith(PREDICT):
            versions.append(answer.json()["predictions"][0]["version"])

    sharer.page.on("response", answered)
    before = loop.watch.version
    some = list(gestures.values())[:4]
    for gesture in some:
        sharer.swipe(gesture)
    sharer.key("space")
    sharer.wait_sent(len(some))
    sharer.page.locator("#learn").click()
    sharer.page.get_by_text("Asked for training").wait_for()
    assert sharer.asked(TRAIN) == [{"client_id": sharer.name}]

    def swiped_again() -> bool:
        for gesture in some:
            sharer.swipe(gesture)  # which word is the new model's own business
        return versions[-1] > before

    until(swiped_again, "a newer model answers", DEADLINE)
    assert versions == sorted(versions)
