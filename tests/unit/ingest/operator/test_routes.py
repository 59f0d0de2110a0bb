import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from fedswipe.events import CanaryBy, ServingChange
from services.ingest.operator.audits import Verification

if TYPE_CHECKING:
    from conftest import World

LINEAGE = "/api/v1/lineages/swipe-en"
ACTS = {
    "/rollback": {"version": 2},
    "/pin": {"version": 2},
    "/unpin": {},
    "/canary": {"version": 2, "share": 0.5},
    "/canary/promote": {},
    "/canary/abort": {},
    "/verify/2": {},
}


async def test_a_rollback_publishes_the_old_content(world: "World", http: httpx.AsyncClient) -> None:
    answer = await http.post(f"{LINEAGE}/rollback", json={"version": 2})
    assert (answer.status_code, answer.json()) == (
        200,
        {"model_id": "swipe-en", "act": "rollback", "version": 4},
    )
    assert world.log.event(4).model == world.log.event(2).model


async def test_pins_and_canaries_are_written_and_read_back(world: "World", http: httpx.AsyncClient) -> None:
    for path in ("/pin", "/unpin"):
        assert (await http.post(f"{LINEAGE}{path}", json=ACTS[path])).status_code == 200
    assert (await http.post(f"{LINEAGE}/canary", json={"version": 3, "share": 0.5})).status_code == 200
    canary = world.log.servings.state.canary
    assert canary is not None
    assert (canary.link.version, canary.share, canary.by) == (3, 0.5, CanaryBy.CLIENT)
    assert (await http.post(f"{LINEAGE}/canary/promote")).status_code == 200
    assert world.log.servings.state.canary is None
    assert (await http.post(f"{LINEAGE}/canary", json={"version": 2, "share": 0.1})).status_code == 200
    assert (await http.post(f"{LINEAGE}/canary/abort")).status_code == 200
    assert [change.change for change in world.log.changes] == [
        ServingChange.PIN,
        ServingChange.UNPIN,
        ServingChange.CANARY,
        ServingChange.PROMOTE,
        ServingChange.CANARY,
        ServingChange.ABORT,
    ]
    assert all(change.reason for change in world.log.changes)


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/rollback", {"version": 3}, "is the head"),
        ("/rollback", {"version": 9}, "has versions 1 to 3"),
        ("/pin", {"version": 9}, "has versions 1 to 3"),
        ("/unpin", {}, "nothing is pinned"),
        ("/canary/promote", {}, "no canary is on"),
        ("/canary/abort", {}, "no canary is on"),
    ],
)
async def test_what_does_not_fit_the_log_is_refused_and_nothing_is_written(
    world: "World", http: httpx.AsyncClient, path: str, body: dict[str, int], said: str
) -> None:
    answer = await http.post(f"{LINEAGE}{path}", json=body)
    assert answer.status_code == 409
    assert said in answer.json()["detail"]
    assert (world.log.changes, len(world.log.chain.links)) == ([], 3)


@pytest.mark.parametrize("path", ACTS)
@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "null"}]
)
async def test_every_act_is_for_the_operator_alone(
    world: "World", http: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    answer = await http.post(f"{LINEAGE}{path}", json=ACTS[path], headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "NOT_THE_OPERATOR")
    world.transport.client = ("10.0.0.9", 5000)
    answer = await http.post(f"{LINEAGE}{path}", content=b"x" * 100_000)
    assert answer.status_code == 403, "before a byte of the body is read"
    assert (world.log.changes, len(world.log.chain.links), world.audits.known) == ([], 3, {})


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/rollback", b"{}", 422),
        ("/rollback", b'{"version": "2"}', 422),
        ("/rollback", b'{"version": 0}', 422),
        ("/pin", b'{"version": 2, "more": 1}', 422),
        ("/canary", b'{"version": 2, "share": 0}', 422),
        ("/canary", b'{"version": 2, "share": 1.5}', 422),
        ("/unpin", b"[]", 422),
        ("/unpin", b"{", 400),
        ("/unpin", b" " * 5_000, 413),
    ],
)
async def test_a_wrong_body_is_refused(
    http: httpx.AsyncClient, path: str, content: bytes, status: int
) -> None:
    answer = await http.post(f"{LINEAGE}{path}", content=content)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_an_unknown_lineage_is_not_found(http: httpx.AsyncClient) -> None:
    for answer in (
        await http.post("/api/v1/lineages/other/unpin"),
        await http.get("/api/v1/lineages/other/models/1"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "UNKNOWN_MODEL")


async def test_a_broker_that_does_not_answer_leaves_it_open(world: "World", http: httpx.AsyncClient) -> None:
    world.log.available = False
    answer = await http.post(f"{LINEAGE}/pin", json={"version": 2})
    assert answer.status_code == 409
    assert "not known to be written" in answer.json()["detail"]


async def test_a_version_is_told_with_its_recipe(http: httpx.AsyncClient, world: "World") -> None:
    told = (await http.get(f"{LINEAGE}/models/2")).json()
    assert (told["version"], told["closed_by"], told["recipe"]) == (2, "DELTAS", {"deltas": 4})
    assert told["model"]["key"] == world.log.event(2).model.key
    assert (await http.get(f"{LINEAGE}/models/9")).json()["code"] == "NO_SUCH_VERSION"


async def test_a_verification_is_begun_and_asked_for(http: httpx.AsyncClient, world: "World") -> None:
    assert (await http.get(f"{LINEAGE}/verify/2")).status_code == 404
    answer = await http.post(f"{LINEAGE}/verify/2")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    world.audits.known[2] = Verification("done", report={"verdict": "proven"})
    assert (await http.get(f"{LINEAGE}/verify/2")).json()["report"] == {"verdict": "proven"}


async def test_without_a_store_what_needs_it_names_the_remedy(bare_world: "World") -> None:
    with bare_world.working() as http:
        for answer in (
            await http.post(f"{LINEAGE}/rollback", json={"version": 2}),
            await http.post(f"{LINEAGE}/verify/2"),
            await http.get(f"{LINEAGE}/verify/2"),
            await http.get(f"{LINEAGE}/models/2"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "NO_STORE")
            assert "FEDSWIPE_S3" in answer.json()["detail"]
        assert (await http.post(f"{LINEAGE}/pin", json={"version": 2})).status_code == 200
        await http.aclose()


async def test_no_act_waits_for_who_only_looks(world: "World", http: httpx.AsyncClient) -> None:
    looked, go = threading.Event(), threading.Event()

    def slow() -> None:
        looked.set()
        go.wait(30)

    looking = world.reading.submit(slow)
    assert looked.wait(30)
    assert (await http.post(f"{LINEAGE}/pin", json={"version": 2})).status_code == 200
    assert not looking.done()
    go.set()
