from typing import TYPE_CHECKING

import httpx

from fedswipe.topology import LINEAGES
from services.trainer.api import Readiness, create_app

if TYPE_CHECKING:
    from conftest import Rig


async def get(rig: "Rig", path: str, store: str = "closed", lineages: int = 1) -> httpx.Response:
    app = create_app(Readiness(rig.collect, rig.heads, LINEAGES[:lineages], lambda: store))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://trainer") as client:
        return await client.get(path)


async def test_it_is_ready_with_partitions_and_a_model(rig: "Rig") -> None:
    answer = await get(rig, "/ready")
    assert (answer.status_code, answer.json()) == (
        200,
        {"ready": True, "checks": {"kafka": "assigned", "model swipe-en": "version 3", "store": "closed"}},
    )


async def test_it_is_not_ready_before_every_lineage_has_a_model(rig: "Rig") -> None:
    answer = await get(rig, "/ready", lineages=2)
    assert (answer.status_code, answer.json()["checks"]["model swipe-ru"]) == (503, "waiting for its first")


async def test_it_says_what_is_missing(rig: "Rig") -> None:
    rig.collect.revoked()
    rig.heads._models.clear()
    answer = await get(rig, "/ready", "open")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert answer.json()["checks"] == {
        "kafka": "waiting for its partitions",
        "model swipe-en": "waiting for its first",
        "store": "open",
    }


async def test_it_lives_whatever_is_missing(rig: "Rig") -> None:
    rig.collect.revoked()
    assert (await get(rig, "/health")).json() == {"status": "healthy"}
