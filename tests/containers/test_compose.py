"""docker-compose.yml as a user runs it: healthy, closed to other machines, scalable, stopped in time."""

import json
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from confluent_kafka.admin import AdminClient

from fedswipe.local.probes import kafka_answers, s3_answers
from fedswipe.local.services import SERVICES, service_answers, service_url
from fedswipe.testing.compose import Compose
from fedswipe.testing.until import until
from fedswipe.topology import TRAINERS

DEADLINE = 120.0  # seconds; reached only by a failure
CLIENTS = 34
OURS = {*SERVICES, "keys", "prepare"}
DOCUMENTED = {
    *("swipes", "clients", "deltas", "models", "version", "top1_before", "top1_after", "top3_before"),
    *("top3_after", "unseen_swipes", "coverage", "seconds", "kafka", "minio", "model"),
}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_all_of_it_answers(compose: Compose) -> None:
    assert kafka_answers(compose.addresses.kafka)
    assert s3_answers(compose.addresses.s3)
    assert service_answers(service_url(compose.ports["ingest"]))
    assert any(map(service_answers, map(service_url, compose.predictor_ports)))


def test_only_this_machine_can_reach_it(compose: Compose) -> None:
    for container in compose.containers():
        published = container.attrs["HostConfig"]["PortBindings"] or {}
        assert {each["HostIp"] for bindings in published.values() for each in bindings} <= {"127.0.0.1"}


def test_this_machine_acts_as_the_operator_and_another_sites_page_does_not(compose: Compose) -> None:
    verify = service_url(compose.ports["ingest"]) + "/api/v1/lineages/swipe-en/verify/1"
    assert httpx.post(verify).status_code == HTTPStatus.ACCEPTED
    assert httpx.post(verify, headers={"Origin": "http://evil.example"}).status_code == HTTPStatus.FORBIDDEN
    assert httpx.post(verify, headers={"Host": "evil.example"}).status_code == HTTPStatus.FORBIDDEN


def test_our_containers_may_do_nothing_that_they_need_not(compose: Compose) -> None:
    for name in OURS:
        (container,) = compose.containers(name)
        host = container.attrs["HostConfig"]
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert host["Memory"] > 0, name
        assert host["SecurityOpt"] == ["no-new-privileges:true"], name


def test_no_password_stands_in_a_container_of_ours(compose: Compose) -> None:
    secret = compose.addresses.s3.secret_key
    for name in SERVICES:
        (container,) = compose.containers(name)
        assert secret not in json.dumps(container.attrs["Config"])


def test_the_demonstration_reports_what_it_reports_elsewhere(compose: Compose, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)  # the container's user is another one
    mount = ("--volume", f"{tmp_path}:/out")
    arguments = ("--clients", str(CLIENTS), "--json", "/out/report.json", "--picture", "/out/report.png")
    compose.run("run", "--rm", *mount, "demo", *arguments)
    found = json.loads((tmp_path / "report.json").read_text())
    assert found.keys() >= DOCUMENTED
    assert found["clients"] == CLIENTS
    assert found["models"] >= 1
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")


def test_trainers_and_predictors_scale(compose: Compose) -> None:
    compose.up("--no-recreate", "--scale", "trainer=2", "--scale", "predictor=2")
    admin = AdminClient({"bootstrap.servers": compose.addresses.kafka})
    until(lambda: len(shares(admin)) == 2 and min(shares(admin)) > 0, "two trainers share", DEADLINE)
    urls = [url for url in map(service_url, compose.predictor_ports) if service_answers(url)]
    assert len(urls) == 2
    served = [httpx.get(f"{url}/api/v1/model", timeout=10).json() for url in urls]
    assert served[0]["sha256"] == served[1]["sha256"]
    compose.up("--no-recreate", "--scale", "trainer=1", "--scale", "predictor=1")


def shares(admin: AdminClient) -> list[int]:
    """Return how many partitions each member of the trainers' group has."""
    group = admin.describe_consumer_groups([TRAINERS.name])[TRAINERS.name].result(DEADLINE)
    return [len(member.assignment.topic_partitions) for member in group.members if member.assignment]


@pytest.mark.parametrize("name", SERVICES)
def test_sigterm_ends_a_service_well_and_in_time(compose: Compose, name: str) -> None:
    (container,) = compose.containers(name)
    container.stop(timeout=10)
    assert container.wait()["StatusCode"] == 0
    compose.up("--no-recreate")
