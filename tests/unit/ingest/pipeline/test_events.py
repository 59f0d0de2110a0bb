import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from fedswipe.http.problem import Problem
from services.ingest.pipeline import events as events_module
from services.ingest.pipeline.events import COMMENT, GAP_SECONDS, Events

if TYPE_CHECKING:
    from conftest import Flow


@pytest.fixture
def events(flow: "Flow") -> Events:
    return Events(flow.board, most=2, now_ms=lambda: 7)


def read(data: bytes) -> Any:
    name, content, *rest = data.decode().split("\n")
    assert name == "event: pipeline"
    assert rest == ["", ""]
    return json.loads(content.removeprefix("data: "))


async def soon(stream: AsyncIterator[bytes]) -> bytes:
    async with asyncio.timeout(30):
        return await anext(stream)


async def test_the_first_event_is_the_whole_snapshot_and_a_change_brings_another(
    flow: "Flow", events: Events
) -> None:
    stream = events.stream()
    assert read(await soon(stream)) == flow.board.snapshot(7).model_dump()
    threading.Timer(0.01, flow.publish).start()  # another thread writes, as the readers do
    assert read(await soon(stream))["lineages"]["swipe-en"]["head"]["version"] == 1


async def test_what_changes_without_pause_comes_four_times_a_second_at_most(
    flow: "Flow", events: Events
) -> None:
    stream, loop = events.stream(), asyncio.get_running_loop()
    await soon(stream)
    began = loop.time()
    for _ in range(2):
        for _ in range(500):
            flow.publish()
        assert read(await soon(stream))["lineages"]["swipe-en"]["head"]["version"] == flow.version
    assert loop.time() - began >= 2 * GAP_SECONDS - 0.01


async def test_a_slow_reader_gets_the_newest_and_nothing_queues_up(flow: "Flow", events: Events) -> None:
    stream = events.stream()
    await soon(stream)
    for _ in range(300):
        flow.publish()
        await asyncio.sleep(0)
    assert read(await soon(stream))["lineages"]["swipe-en"]["head"]["version"] == 300
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2 * GAP_SECONDS):
            await anext(stream)


async def test_a_quiet_connection_is_told_that_it_lives(
    events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "QUIET_SECONDS", 0.01)
    stream = events.stream()
    await soon(stream)
    assert [await soon(stream), await soon(stream)] == [COMMENT, COMMENT]


async def test_there_is_room_for_so_many_and_then_again(events: Events) -> None:
    first, second = events.stream(), events.stream()
    await soon(first)
    await soon(second)
    with pytest.raises(Problem, match="INGEST_LISTENERS") as refused:
        events.stream()
    assert refused.value.status == 503
    await first.aclose()  # type: ignore[attr-defined]
    await soon(events.stream())


@pytest.mark.parametrize("seconds", [0.0, 2 * GAP_SECONDS])
async def test_it_ends_when_the_service_stops(flow: "Flow", events: Events, seconds: float) -> None:
    stream = events.stream()
    await soon(stream)
    loop = asyncio.get_running_loop()
    loop.call_later(seconds, flow.board.changes.close)
    with pytest.raises(StopAsyncIteration):
        await soon(stream)
