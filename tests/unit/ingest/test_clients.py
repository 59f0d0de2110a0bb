import asyncio
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from fedswipe import codec
from fedswipe.events import ClientForgotten, ClientId, SwipeId, SwipeRecorded
from fedswipe.kafka.partitioning import partition_of
from fedswipe.topology import CLIENTS, FOREVER, SWIPES, WEIGHT_DELTAS
from services.ingest.clients import handlers, routes
from services.ingest.clients.history import GivenDelta, History

LINE = (10.0, 20.0, 30.0)


def recorded(door, client: str, word: str = "hello") -> None:
    swipe = SwipeRecorded(ClientId(client), SwipeId("s"), "qwerty-en", word, 360.0, 216.0, LINE, LINE, LINE)
    partition = partition_of(client, SWIPES.partitions)
    door.evidence.write(SWIPES, partition, codec.encode(swipe), client.encode())


@pytest.mark.parametrize(("path", "client"), [("ann", "ann"), ("a%2Fb%20c", "a/b c"), ("%2E%2E", "..")])
async def test_forgetting_is_answered_once_the_broker_has_it(door, path: str, client: str) -> None:
    answer = await door.http.delete(f"/api/v1/clients/{path}")
    assert (answer.status_code, answer.json()) == (202, {"client_id": client, "forgotten": {"offset": 0}})
    (stored,) = door.log.records(CLIENTS)
    assert (stored.partition, stored.key) == (0, client.encode())
    assert door.log.events(CLIENTS) == [ClientForgotten(ClientId(client))]
    again = await door.http.delete(f"/api/v1/clients/{path}")
    assert again.json()["forgotten"] == {"offset": 1}


async def test_forgetting_waits_for_the_acknowledgement(door) -> None:
    door.log.slow = True
    asking = asyncio.create_task(door.http.delete("/api/v1/clients/ann"))
    await door.until_waiting(1)
    assert not asking.done()
    door.log.catch_up()
    assert (await asking).status_code == 202


async def test_without_a_broker_nobody_is_told_to_be_forgotten(door) -> None:
    door.log.slow = True
    answer = await door.http.delete("/api/v1/clients/ann")
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")


@pytest.mark.parametrize("client", ["x" * 129, "a%00b"])
async def test_an_id_that_no_swipe_has_is_refused(door, client: str) -> None:
    for answer in (
        await door.http.delete(f"/api/v1/clients/{client}"),
        await door.http.get(f"/api/v1/clients/{client}"),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "client_id")
    assert door.log.records(CLIENTS) == []


async def test_a_client_sees_what_it_gave(door) -> None:
    for word in ("hello", "there", "hello"):
        recorded(door, "ann", word)
    recorded(door, "bob")
    door.evidence.write(CLIENTS, 0, codec.encode(ClientForgotten(ClientId("bob"))))
    answer = await door.http.get("/api/v1/clients/ann")
    assert answer.status_code == 200
    assert answer.json() == {
        "client_id": "ann",
        "swipes": 3,
        "swipes_by_layout": {"qwerty-en": 3},
        "words": 2,
        "deltas": [],
        "versions": [],
        "kept": {"swipes_days": 90, "deltas_days": 90},
        "forgotten": None,
    }
    assert (await door.http.get("/api/v1/clients/bob")).json()["forgotten"] == {"offset": 0}
    assert (await door.http.get("/api/v1/clients/nobody")).json()["swipes"] == 0


async def test_a_verdict_that_only_a_newer_aggregator_knows_is_told_as_it_is(door, monkeypatch) -> None:
    delta = GivenDelta("d", "swipe-en", 1, 2, 3, "new", None)
    monkeypatch.setattr(handlers, "history_of", lambda *_: History({}, 0, (delta,), None))
    (told,) = (await door.http.get("/api/v1/clients/ann")).json()["deltas"]
    assert told["verdict"] == "new"


async def test_how_long_it_is_kept_is_what_the_topics_are_set_to(door, monkeypatch) -> None:
    monkeypatch.setattr(routes, "SWIPES", replace(SWIPES, retention=timedelta(days=7, hours=12)))
    monkeypatch.setattr(routes, "WEIGHT_DELTAS", replace(WEIGHT_DELTAS, retention=FOREVER))
    answer = await door.http.get("/api/v1/clients/ann")
    assert answer.json()["kept"] == {"swipes_days": 7, "deltas_days": None}


async def test_a_history_that_takes_too_long_is_503_and_the_next_one_is_read(door, monkeypatch) -> None:
    recorded(door, "ann")
    read, go = door.evidence.read, threading.Event()

    def slow(*place):
        assert go.wait(5)
        return read(*place)

    monkeypatch.setattr(door.evidence, "read", slow)
    both = [door.http.get("/api/v1/clients/ann") for _ in range(2)]
    for answer in await asyncio.gather(*both):
        assert (answer.status_code, answer.json()["code"]) == (503, "TOO_MUCH_TO_READ")
        assert "INGEST_HISTORY_SECONDS" in answer.json()["detail"]
    go.set()
    assert (await door.http.get("/api/v1/clients/ann")).json()["swipes"] == 1
