"""The predictor while the broker is away: it answers, drops what it would have logged, and follows again."""

from collections.abc import Iterator

import httpx
import pytest
from minio import Minio

from fedswipe import codec
from fedswipe.events import ClosedBy, GlobalModelPublished, OffsetRange, Version
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.operator_log import open_operator_log
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.factory import factory_bytes
from fedswipe.local.leash import Leash
from fedswipe.local.ports import FreePorts
from fedswipe.local.services import service_url, start_service
from fedswipe.local.stack import OwnStack
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.serving import changes
from fedswipe.testing.stacks import own_stack
from fedswipe.testing.until import until
from fedswipe.topology import LINEAGES

LINE = LINEAGES[0]
BUCKET = "outage"
SWIPE = {
    "layout": LINE.layout,
    "client_id": "ann",
    "width": 360,
    "height": 216,
    "points": [[40, 30, 0], [120, 90, 60], [300, 40, 130]],
}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnStack]:
    with own_stack(tmp_path_factory.mktemp("outage")) as stack:
        Admin(KafkaSettings(stack.kafka)).create_topics()
        publish(stack)
        yield stack


@pytest.fixture(scope="module")
def http(mortal: OwnStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    port, log = FreePorts().take("predictor"), tmp_path_factory.mktemp("outage") / "predictor.log"
    env = {**mortal.addresses.environ(), "FEDSWIPE_S3_BUCKET": BUCKET}
    with Leash() as leash, httpx.Client(base_url=service_url(port), timeout=30) as client:
        start_service("predictor", port, env, log, leash).wait_ready()
        yield client


def publish(stack: OwnStack) -> None:
    """Publish versions 1 and 2, both the factory model."""
    s3 = stack.s3
    Minio(
        s3.url.partition("://")[2], s3.access_key, s3.secret_key, secure=False, region=s3.region
    ).make_bucket(BUCKET)
    store = S3ModelStore(S3Settings(s3.access_key, s3.secret_key, s3.url, BUCKET, s3.region))
    at = store.put(f"{LINE.model_id}/models", factory_bytes(LINE.model_id))
    with open_operator_log(KafkaSettings(stack.kafka), LINE) as log:
        for version, parent in ((1, lambda: ""), (2, lambda: log.chain.links[-1].sha256)):
            nothing = (OffsetRange(LINE.partition, 0, 0),)
            event = GlobalModelPublished(
                *(LINE.model_id, Version(version), parent(), nothing, at, at, at, at),
                *(0, 0, 0, ClosedBy.FACTORY, None),
            )
            log.append_link(codec.encode(event))


def logged(http: httpx.Client) -> tuple[int, int]:
    """How many predictions were written to the log, and how many were dropped."""
    written, _, dropped, _ = http.get("/ready").json()["checks"]["predictions"].split()
    return int(written), int(dropped)


def predict(http: httpx.Client, swipe_id: str) -> None:
    assert http.post("/api/v1/predict", json=SWIPE | {"swipe_id": swipe_id}).status_code == 200


def test_without_a_broker_predictions_go_on_and_with_it_pins_are_followed_again(
    mortal: OwnStack, http: httpx.Client
) -> None:
    until(lambda: http.get("/api/v1/model").json()["version"] == 2)
    predict(http, "before")
    until(lambda: logged(http) == (1, 0))
    mortal.broker.instance.kill()
    for number in range(20):
        predict(http, f"during-{number}")
    until(lambda: logged(http) == (1, 20), "what the broker does not take in time is dropped and counted")
    assert http.get("/ready").status_code == 200
    mortal.broker.instance.restart()
    with open_operator_log(KafkaSettings(mortal.kafka), LINE) as log:
        changes.pin(log, 1)
    until(lambda: http.get("/api/v1/model").json()["version"] == 1)
    written, _ = logged(http)

    def written_again() -> bool:
        predict(http, "after")
        return logged(http)[0] > written

    until(written_again)
