import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fedswipe.kafka.partitioning import partition_of
from fedswipe.topology import SWIPES

PATH = "/api/v1/swipes"


async def test_accepted_swipes_are_in_the_log_under_their_clients_partition(door, swipe) -> None:
    batch = [swipe | {"swipe_id": f"s{i}", "client_id": f"c{i % 3}"} for i in range(10)]
    answer = await door.http.post(PATH, json={"swipes": batch})
    assert (answer.status_code, answer.json()) == (202, {"recorded": 10})
    stored = door.log.events(SWIPES)
    assert {event.swipe_id for event in stored} == {f"s{i}" for i in range(10)}
    for record, event in zip(door.log.records(SWIPES), stored, strict=True):
        assert record.key == event.client_id.encode()
        assert record.partition == partition_of(event.client_id, SWIPES.partitions)


async def test_a_swipe_is_stored_as_it_was_sent(door, swipe) -> None:
    await door.http.post(PATH, json={"swipes": [swipe]})
    (event,) = door.log.events(SWIPES)
    assert (event.client_id, event.swipe_id) == (swipe["client_id"], swipe["swipe_id"])
    assert (event.word, event.layout) == ("hello", "qwerty-en")
    assert (event.width, event.height) == (swipe["width"], swipe["height"])
    points = [list(point) for point in zip(event.x, event.y, event.t, strict=True)]
    for got, sent in zip(points, swipe["points"], strict=True):
        assert got == pytest.approx(sent, abs=1e-4)


async def test_times_may_be_milliseconds_of_the_epoch(door, swipe) -> None:
    late = [[x, y, t + 1_700_000_000_000] for x, y, t in swipe["points"]]
    await door.http.post(PATH, json={"swipes": [swipe | {"points": late}]})
    (event,) = door.log.events(SWIPES)
    assert list(event.t) == [t for _, _, t in swipe["points"]]


async def test_one_swipe_in_the_gesture_shape_takes_the_rest_from_settings(door, settings) -> None:
    coords = [{"x": 10, "y": 20.5, "t": 3.0}, {"x": 12, "y": 21, "t": 3.25}]
    answer = await door.http.post(PATH, json={"gesture_id": "g1", "coords": coords, "word": "hi"})
    assert answer.status_code == 202
    (event,) = door.log.events(SWIPES)
    assert (event.swipe_id, event.word, event.client_id) == ("g1", "hi", settings.gesture_client)
    assert (event.layout, event.width) == (settings.gesture_layout, settings.gesture_width)
    assert (event.x, event.y, event.t) == ((10.0, 12.0), (20.5, 21.0), (0.0, 250.0))


async def test_a_tap_and_an_unknown_word_are_stored(door, swipe) -> None:
    tap = swipe | {"points": [[1, 2, 0]], "word": None}
    assert (await door.http.post(PATH, json={"swipes": [tap]})).status_code == 202


async def test_a_repeated_swipe_id_is_stored_again(door, swipe) -> None:
    for _ in range(2):
        assert (await door.http.post(PATH, json={"swipes": [swipe]})).status_code == 202
    assert [event.swipe_id for event in door.log.events(SWIPES)] == [swipe["swipe_id"]] * 2


def broken(swipe: dict[str, Any]) -> dict[str, tuple[Any, str]]:
    """Code -> (a swipe that earns it, the field that is named)."""
    return {
        "no_points": (swipe | {"points": []}, "points"),
        "not_finite": (swipe | {"points": [[float("nan"), 1, 1]]}, "points"),
        "bad_keyboard_size": (swipe | {"height": -1}, "height"),
        "too_many_points": (swipe | {"points": [[1, 1, t] for t in range(10_000)]}, "points"),
        "word_outside_alphabet": (swipe | {"word": "so-so"}, "word"),
        "times_run_backwards": (swipe | {"points": [[1, 1, 9], [1, 1, 3]]}, "points"),
        "unknown_layout": (swipe | {"layout": "azerty-fr"}, "layout"),
        "bad_client_id": (swipe | {"client_id": ""}, "client_id"),
        "missing_field": ({k: v for k, v in swipe.items() if k != "swipe_id"}, "swipe_id"),
        "unknown_field": (swipe | {"Word": "hello"}, "Word"),
        "wrong_type": (swipe | {"points": [[1, 1, 0], [1, "2", 3]]}, "points[1][1]"),
    }


async def test_every_refused_index_is_listed_and_nothing_is_stored(door, swipe) -> None:
    cases = broken(swipe)
    batch = [swipe, *(case for case, _ in cases.values()), swipe, "not even an object"]
    answer = await door.http.post(PATH, content=json.dumps({"swipes": batch}))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (422, "REFUSED")
    found = [(error["index"], error["code"], error["field"]) for error in problem["errors"]]
    expected = [(i, code, field) for i, (code, (_, field)) in enumerate(cases.items(), start=1)]
    assert found == [*expected, (len(cases) + 2, "wrong_type", "swipe")]
    assert all(error["remedy"] for error in problem["errors"])
    assert door.log.records(SWIPES) == []


async def test_a_bad_gesture_is_refused_as_index_0(door) -> None:
    body = {"gesture_id": "g", "coords": [{"x": 1, "y": 1, "t": 2}, {"x": 1, "y": 1, "t": 1}], "word": "a"}
    problem = (await door.http.post(PATH, json=body)).json()
    assert [(error["index"], error["code"]) for error in problem["errors"]] == [(0, "times_run_backwards")]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "NOT_JSON"),
        (b"{", 400, "NOT_JSON"),
        (b"\xff\xfe", 400, "NOT_JSON"),
        (b'{"swipes": [{"client_id": "\\ud800"}]}', 400, "NOT_JSON"),
        (b"[" * 100_000, 400, "NOT_JSON"),
        (b"[]", 422, "UNKNOWN_SHAPE"),
        (b"{}", 422, "UNKNOWN_SHAPE"),
        (b'{"swipes": {}}', 422, "UNKNOWN_SHAPE"),
        (b'{"swipes": []}', 422, "NO_SWIPES"),
    ],
)
async def test_other_bodies_are_refused_as_a_whole(door, content: bytes, status: int, code: str) -> None:
    answer = await door.http.post(PATH, content=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_500_swipes_are_taken_and_501_are_not(door, swipe) -> None:
    tap = swipe | {"points": [[1, 2, 0]]}
    assert (await door.http.post(PATH, json={"swipes": [tap] * 500})).status_code == 202
    answer = await door.http.post(PATH, json={"swipes": [tap] * 501})
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_MANY_SWIPES")
    assert len(door.log.records(SWIPES)) == 500


async def test_an_announced_body_that_is_too_large_is_not_read(door, settings) -> None:
    async def content() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    headers = {"content-length": str(settings.max_bytes + 1)}
    answer = await door.http.post(PATH, content=content(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


async def test_an_unannounced_body_is_read_up_to_the_limit_and_no_further(door, settings) -> None:
    read = 0

    async def content() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 64 * 1024
            yield b" " * 64 * 1024

    answer = await door.http.post(PATH, content=content())
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert read <= settings.max_bytes + 2 * 64 * 1024


async def test_without_a_broker_the_answer_is_503_with_retry_after(door, swipe) -> None:
    door.log.available = False
    answer = await door.http.post(PATH, json={"swipes": [swipe]})
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert int(answer.headers["retry-after"]) >= 1
    door.log.available = True
    assert (await door.http.post(PATH, json={"swipes": [swipe]})).status_code == 202


async def test_202_waits_for_the_acknowledgement_of_every_swipe(door, swipe) -> None:
    door.log.slow = True
    request = asyncio.create_task(door.http.post(PATH, json={"swipes": [swipe] * 3}))
    await door.until_waiting(3)
    assert not request.done()
    door.log.catch_up()
    assert (await request).status_code == 202


async def test_a_broker_that_never_answers_is_503(door, swipe) -> None:
    door.log.slow = True
    answer = await door.http.post(PATH, json={"swipes": [swipe]})
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")


async def test_one_swipe_that_was_not_acknowledged_makes_the_batch_503(door, swipe) -> None:
    door.log.slow = True
    request = asyncio.create_task(door.http.post(PATH, json={"swipes": [swipe] * 2}))
    await door.until_waiting(2)
    door.log.catch_up(most=1)
    door.log.give_up()
    assert (await request).status_code == 503
