import json

import pytest

from fedswipe.events import ModelId
from fedswipe.kafka.partitioning import partition_of
from fedswipe.topology import SWIPES, TRAIN_REQUESTS
from services.ingest.handlers import Head

TRAIN = "/api/v1/train"


async def record(door, swipe, *clients: str) -> None:
    batch = {"swipes": [swipe | {"client_id": client} for client in clients]}
    assert (await door.http.post("/api/v1/swipes", json=batch)).status_code == 202


async def test_training_one_client_names_the_end_of_its_partition(door, swipe) -> None:
    await record(door, swipe, "ann", "ann", "ann")
    answer = await door.http.post(TRAIN, json={"client_id": "ann"})
    assert answer.status_code == 202
    (stored,) = door.log.records(TRAIN_REQUESTS)
    (event,) = door.log.events(TRAIN_REQUESTS)
    partition = partition_of("ann", SWIPES.partitions)
    assert (event.client_id, event.swipes_partition, event.swipes_end) == ("ann", partition, 3)
    assert (stored.partition, stored.key) == (partition, b"ann")
    (told,) = answer.json()["requests"]
    assert told == {"request_id": event.request_id, "partition": partition, "swipes_end": 3}


async def test_training_everybody_is_one_request_a_partition(door, swipe) -> None:
    await record(door, swipe, *(f"c{i}" for i in range(20)))
    assert (await door.http.post(TRAIN)).status_code == 202
    events = door.log.events(TRAIN_REQUESTS)
    assert {event.swipes_partition: event.swipes_end for event in events} == door.log.ends(SWIPES)
    assert [event.client_id for event in events] == [None] * SWIPES.partitions
    for stored in door.log.records(TRAIN_REQUESTS):
        assert stored.offset == 0
    assert len({event.request_id for event in events}) == len(events)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 422),
        (b'{"client_id": ""}', 422),
        (b'{"client_id": 7}', 422),
        (b'{"client": "a"}', 422),
        (b"[]", 422),
        (b"{", 400),
    ],
)
async def test_a_bad_train_request_is_refused(door, body: bytes, status: int) -> None:
    answer = await door.http.post(TRAIN, content=body)
    assert answer.status_code == status
    assert door.log.records(TRAIN_REQUESTS) == []


async def test_training_without_a_broker_is_503(door) -> None:
    door.log.available = False
    answer = await door.http.post(TRAIN)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


async def test_stats_count_the_topics_and_name_the_heads(door, swipe) -> None:
    await record(door, swipe, "a", "b", "c")
    answer = await door.http.get("/api/v1/stats")
    assert answer.json() == {"swipes": 3, "deltas": 0, "dead_letters": 0, "lineages": {"swipe-en": None}}
    door.heads = {ModelId("swipe-en"): Head(4, "ab" * 32, "cd" * 32, "models/x")}
    head = (await door.http.get("/api/v1/stats")).json()["lineages"]["swipe-en"]
    assert head == {
        "version": 4,
        "link_sha256": "ab" * 32,
        "model_sha256": "cd" * 32,
        "model_key": "models/x",
    }


async def test_health_and_ready(door) -> None:
    assert (await door.http.get("/health")).json() == {"status": "healthy"}
    ready = await door.http.get("/ready")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "checks": {"kafka": "ok"}})
    door.checks["kafka"] = "not connected yet"
    ready = await door.http.get("/ready")
    assert ready.status_code == 503
    assert ready.json() == {"ready": False, "checks": {"kafka": "not connected yet"}}


async def test_only_allowed_origins_may_call_from_a_browser(door) -> None:
    for origin, allowed in (("http://app.example", "http://app.example"), ("http://other.example", None)):
        answer = await door.http.get("/health", headers={"origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed


async def test_unknown_paths_and_methods_are_problems_too(door) -> None:
    for answer, status in ((await door.http.get("/nowhere"), 404), (await door.http.get(TRAIN), 405)):
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_openapi_document_describes_bodies_answers_and_problems(door) -> None:
    document = (await door.http.get("/openapi.json")).json()
    shapes = document["components"]["schemas"]
    text = json.dumps(document)
    for name in ("Batch", "Swipe", "Gesture", "OneClient", "ProblemDetails", "Recorded", "StatsAnswer"):
        assert name in shapes
    references = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}
    assert references <= {f"#/components/schemas/{name}" for name in shapes}
    route = document["paths"]["/api/v1/swipes"]["post"]
    assert "application/json" in route["requestBody"]["content"]
    assert set(route["responses"]) == {"202", "400", "413", "422", "503"}
    assert "application/problem+json" in route["responses"]["422"]["content"]
    assert (await door.http.get("/docs")).status_code == 200
