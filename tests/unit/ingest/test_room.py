import asyncio

import httpx
import pytest

from fedswipe.topology import SWIPES
from services.ingest.settings import Settings

PATH = "/api/v1/swipes"


@pytest.fixture
def settings() -> Settings:
    return Settings(answer_seconds=5.0, max_held_bytes=40_000)  # room for two small requests


async def test_requests_beyond_the_room_are_503_until_there_is_room_again(door, swipe) -> None:
    body = {"swipes": [swipe]}
    door.log.slow = True
    held = [asyncio.create_task(door.http.post(PATH, json=body)) for _ in range(2)]
    await door.until_waiting(2)
    refused = await door.http.post(PATH, json=body)
    assert (refused.status_code, refused.json()["code"]) == (503, "OVERLOADED")
    assert "retry-after" in refused.headers
    door.log.catch_up()
    assert [answer.status_code for answer in await asyncio.gather(*held)] == [202, 202]
    assert (await door.http.post(PATH, json=body)).status_code == 202
    assert len(door.log.records(SWIPES)) == 3


async def test_a_request_larger_than_all_the_room_is_taken_when_it_is_alone(door, swipe) -> None:
    batch = {"swipes": [swipe | {"swipe_id": str(i)} for i in range(80)]}
    request = httpx.Request("POST", "http://ingest" + PATH, json=batch)
    assert len(request.content) > 40_000
    assert (await door.http.send(request)).status_code == 202
