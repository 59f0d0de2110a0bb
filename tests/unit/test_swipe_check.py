import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe import codec
from fedswipe.events import SwipeRecorded
from fedswipe.swipe_check import MAX_DURATION, MAX_ID, MAX_POINTS, InvalidSwipe, check_swipe, recorded

GOOD: dict[str, Any] = {
    "client_id": "c",
    "swipe_id": "s",
    "layout": "qwerty-en",
    "word": "hi",
    "width": 300.0,
    "height": 180.0,
    "points": [[10, 20, 0], [15.5, 22, 16], [30, 21, 33]],
}
NAN, INF = float("nan"), float("inf")
LINE = [[10, 20, t] for t in range(MAX_POINTS + 1)]
INVALID = [
    ("no_points", "points", {"points": []}),
    ("too_many_points", "points", {"points": LINE}),
    ("too_many_points", "points", {"points": [[1, 1, t] for t in range(10_000)]}),
    ("not_finite", "points", {"points": [[1, NAN, 0]]}),
    ("not_finite", "points", {"points": [[1, 1, 0], [INF, 1, 1]]}),
    ("not_finite", "points", {"points": [[1, 1, NAN], [1, 1, 1]]}),
    ("not_finite", "points", {"points": [[1, 1, INF], [1, 1, INF]]}),
    ("not_finite", "points", {"points": [[1, 1e39, 0]]}),
    ("far_outside", "points", {"points": [[-700, 1, 0]]}),
    ("far_outside", "points", {"points": [[1, 1, 0], [1, 5_000, 1]]}),
    ("times_run_backwards", "points", {"points": [[1, 1, 0], [1, 1, 20], [1, 1, 19]]}),
    ("bad_times", "points", {"points": [[1, 1, 0], [1, 1, MAX_DURATION + 1]]}),
    ("bad_keyboard_size", "width", {"width": 0.0}),
    ("bad_keyboard_size", "width", {"width": 1e-60}),
    ("bad_keyboard_size", "width", {"width": NAN}),
    ("bad_keyboard_size", "height", {"height": -180.0}),
    ("bad_keyboard_size", "height", {"height": INF}),
    ("empty_word", "word", {"word": ""}),
    ("word_outside_alphabet", "word", {"word": "naïve"}),
    ("word_outside_alphabet", "word", {"word": "Hi"}),
    ("word_outside_alphabet", "word", {"word": "two words"}),
    ("word_too_long", "word", {"word": "ab" * 60}),
    ("unknown_layout", "layout", {"layout": "dvorak"}),
    ("unknown_layout", "layout", {"layout": "no-such-layout"}),
    ("bad_client_id", "client_id", {"client_id": ""}),
    ("bad_client_id", "client_id", {"client_id": "c" * (MAX_ID + 1)}),
    ("bad_client_id", "client_id", {"client_id": "a\nb"}),
    ("bad_client_id", "client_id", {"client_id": "\ud800"}),
    ("bad_swipe_id", "swipe_id", {"swipe_id": "\x00"}),
]


def through_topic(swipe: SwipeRecorded) -> SwipeRecorded:
    return codec.decode(SwipeRecorded, codec.encode(swipe), codec.PackagedSchemas())


def as_written_by_another_producer(fields: dict[str, Any]) -> SwipeRecorded:
    fields = dict(fields)
    x, y, t = zip(*fields.pop("points"), strict=True) if fields["points"] else (fields.pop("points"), (), ())
    return SwipeRecorded(**fields, x=tuple(x), y=tuple(y), t=tuple(t))


@pytest.mark.parametrize(("code", "field", "change"), INVALID)
def test_a_bad_swipe_is_refused_with_code_field_and_remedy(
    code: str, field: str, change: dict[str, Any]
) -> None:
    with pytest.raises(InvalidSwipe) as error:
        recorded(**(GOOD | change))
    assert (error.value.reason, error.value.field) == (code, field)
    assert error.value.remedy
    assert error.value.detail == f"{field}: {error.value.remedy}"


@pytest.mark.parametrize(("code", "field", "change"), INVALID)
def test_in_the_topic_it_is_refused_with_the_same_code(code: str, field: str, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidSwipe) as error:
        check_swipe(as_written_by_another_producer(GOOD | change))
    assert (error.value.reason, error.value.field) == (code, field)


@pytest.mark.parametrize("client_id", [".", ".."])
def test_an_id_that_no_address_can_hold_is_refused_but_read_where_it_was_recorded(client_id: str) -> None:
    with pytest.raises(InvalidSwipe, match=r'give another id: .*"\.\."') as error:
        recorded(**(GOOD | {"client_id": client_id}))
    assert (error.value.reason, error.value.field) == ("bad_client_id", "client_id")
    check_swipe(as_written_by_another_producer(GOOD | {"client_id": client_id}))
    recorded(**(GOOD | {"client_id": "...", "swipe_id": client_id}))


@pytest.mark.parametrize(
    "points", [[[1, 2]], [1, 2, 3], [["a", "b", "c"]], [[1, 2, 3], [1, 2]], [[{}, 1, 1]]]
)
def test_points_that_are_no_rows_of_three_numbers_are_refused(points: Any) -> None:
    with pytest.raises(InvalidSwipe, match="bad_points"):
        recorded(**(GOOD | {"points": points}))


def test_coordinates_of_unequal_length_are_refused_in_the_topic() -> None:
    swipe = recorded(**GOOD)
    with pytest.raises(InvalidSwipe, match="ragged_points"):
        check_swipe(replace(swipe, y=swipe.y[1:]))


def test_times_not_counted_from_touch_down_are_refused_in_the_topic() -> None:
    swipe = recorded(**GOOD)
    with pytest.raises(InvalidSwipe, match="bad_times"):
        check_swipe(replace(swipe, t=tuple(t + 1.7e12 for t in swipe.t)))
    with pytest.raises(InvalidSwipe, match="bad_times"):
        check_swipe(replace(swipe, t=tuple(t - 100 for t in swipe.t)))


def test_a_tap_and_a_swipe_without_a_word_are_valid() -> None:
    tap = recorded(**(GOOD | {"points": [[10, 20, 5]], "word": None}))
    assert (tap.x, tap.y, tap.t, tap.word) == ((10.0,), (20.0,), (0.0,), None)


def test_the_limits_themselves_are_valid() -> None:
    recorded(**(GOOD | {"points": LINE[:MAX_POINTS], "client_id": "c" * MAX_ID}))
    recorded(**(GOOD | {"points": [[-600, -360, 0], [900, 540, MAX_DURATION]]}))


def test_times_are_stored_from_touch_down_without_losing_milliseconds() -> None:
    start = 1_700_000_000_123
    swipe = recorded(**(GOOD | {"points": [[x, y, t + start] for x, y, t in GOOD["points"]]}))
    assert swipe.t == (0.0, 16.0, 33.0)


def test_the_gesture_holds_what_was_recorded() -> None:
    gesture = check_swipe(recorded(**GOOD))
    assert gesture.points.dtype == np.float32
    assert gesture.points.tolist() == GOOD["points"]
    assert (gesture.width, gesture.height) == (300.0, 180.0)


def test_a_word_is_stored_as_its_layout_spells_it() -> None:
    swipe = recorded(**(GOOD | {"layout": "jcuken-ru", "word": "ещё"}))
    assert swipe.word == "еще"
    with pytest.raises(InvalidSwipe, match="word_outside_alphabet"):
        check_swipe(replace(swipe, word="ещё"))  # the network has no class for it


def test_the_readmes_example_is_valid() -> None:
    example = Path(__file__).parents[2] / "examples" / "swipe.json"
    for swipe in json.loads(example.read_text())["swipes"]:
        assert recorded(**swipe).word == "hello"


numbers = st.floats(width=64) | st.integers(-(2**70), 2**70)
near = st.floats(-360, 540)
rows = st.lists(st.tuples(near, near, st.floats(0, 1e4)), min_size=1, max_size=6)
ids = st.text(max_size=130)


@given(
    points=st.lists(st.tuples(numbers, numbers, numbers), max_size=4) | rows,
    width=numbers | st.floats(1, 2000),
    height=numbers | st.floats(1, 2000),
    client_id=ids,
    word=st.none() | st.text(max_size=40) | st.text("abc", max_size=40),
)
def test_anything_is_either_refused_or_valid_for_every_reader(**fields: Any) -> None:
    try:
        swipe = recorded(**(GOOD | fields))
    except InvalidSwipe:
        return
    check_swipe(through_topic(swipe))


@given(points=rows.map(lambda found: sorted(found, key=lambda row: row[2])), start=st.integers(0, 2**41))
def test_a_good_swipe_passes_and_comes_out_of_the_topic_unchanged(points: Any, start: int) -> None:
    swipe = recorded(**(GOOD | {"points": [(x, y, t + start) for x, y, t in points]}))
    assert through_topic(swipe) == swipe
    assert check_swipe(swipe).points.shape == (len(points), 3)
