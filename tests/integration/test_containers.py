"""What holds for containers alone; test_local_stack.py and test_up.py have what processes share."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fedswipe.cli.stack import status
from fedswipe.local.addresses import S3Address
from fedswipe.local.choose import STACK, decide
from fedswipe.local.container import Contents
from fedswipe.local.container_id import ContainerId
from fedswipe.local.containers import STACK_LABEL, Containers, name_of
from fedswipe.local.down import take_down
from fedswipe.local.engine import Engine
from fedswipe.local.errors import EngineError, StartFailed
from fedswipe.local.images import IMAGES, minio_contents
from fedswipe.local.leash import Leash
from fedswipe.local.parts import Place
from fedswipe.local.ports import FIXED, FreePorts
from fedswipe.local.reporter import Collected
from fedswipe.local.stack import Stack
from fedswipe.local.up import bring_up
from fedswipe.testing.stacks import own_stack
from fedswipe.testing.until import until

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def engine() -> Engine:
    choice = decide(os.environ)
    if choice.engine is None:
        pytest.skip(str(choice))
    return choice.engine


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with Leash() as leash:
        yield Place(tmp_path, FreePorts(), leash, secrets.token_urlsafe(24))


def test_status_shows_containers_as_it_shows_processes(
    engine: Engine, tmp_path: Path, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    free, reporter = FreePorts(), Collected()
    bring_up(
        tmp_path,
        environ={STACK: "containers", "DOCKER_HOST": engine.address, "FEDSWIPE_KAFKA": stack.kafka},
        services={},
        prepare=lambda _: None,
        reporter=reporter,
        preferred={part: free.take(part) for part in FIXED},
    )
    try:
        assert reporter.said[0] == f"containers: an engine answers at {engine.address}"
        assert status(as_json=True, folder=tmp_path)
        store, kafka = json.loads(capsys.readouterr().out)
        name = name_of("s3", tmp_path)
        assert (store["how"], store["healthy"], store["log"]) == ("container", True, f"docker logs {name}")
        ids = engine.ask(lambda client: client.api.containers(filters={"name": name}))
        assert [found["Id"][:12] for found in ids] == [store["container"]]
        assert (kafka["how"], kafka["container"]) == ("given", None)
        volume = engine.ask(lambda client: client.api.inspect_volume(name))
        assert volume["Labels"][STACK_LABEL] == str(tmp_path.resolve())
        ContainerId(engine.address, ids[0]["Id"], name).kill_group()
        assert not status(as_json=True, folder=tmp_path)
    finally:
        take_down(tmp_path, keep_data=False, reporter=reporter)


def test_an_image_that_cannot_be_had_is_named_with_the_remedy(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = "127.0.0.1:9/nobody/minio:none"
    monkeypatch.setitem(IMAGES, "s3", nowhere)
    reporter = Collected()
    with pytest.raises(EngineError, match=rf"image {nowhere} is absent and cannot be pulled .*STACK=native"):
        Containers(engine, reporter).fetch(["s3"])
    assert nowhere in reporter.said[0]


def test_a_container_that_ends_early_is_an_error_with_the_end_of_its_log(
    engine: Engine, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_short(s3: S3Address, port: int) -> Contents:
        return replace(minio_contents(s3, port), env={"MINIO_ROOT_PASSWORD": "short"})

    monkeypatch.setattr("fedswipe.local.containers.minio_contents", too_short)
    server = Containers(engine, Collected()).s3(place)
    with pytest.raises(StartFailed, match=r"(?s)MinIO ended with status 1 before it answered; .*docker logs"):
        server.wait_ready()


def test_a_port_that_is_taken_meanwhile_is_an_error_and_leaves_nothing(
    engine: Engine, place: Place, tmp_path: Path
) -> None:
    containers = Containers(engine, Collected())
    first = containers.s3(place)
    with Leash() as leash:
        port = int(first.address.rpartition(":")[2])
        again = Place(tmp_path / "again", TakenPort(port), leash, place.secret_key)
        with pytest.raises(EngineError, match=r"already (allocated|in use)"):
            containers.s3(again)
    assert ContainerId(engine.address, name := name_of("s3", tmp_path / "again"), name).status() == -9


class TakenPort:
    def __init__(self, port: int) -> None:
        self.port = port

    def take(self, part: str) -> int:
        return self.port


def test_a_container_of_the_same_name_that_nobody_removed_is_replaced(engine: Engine, place: Place) -> None:
    containers = Containers(engine, Collected())
    first, second = containers.s3(place), containers.s3(place)
    assert first.instance.id.name == second.instance.id.name
    assert not first.instance.running
    second.wait_ready()


OWNER = """
import os, sys
from pathlib import Path
from fedswipe.local.stack import Stack
from fedswipe.testing.stacks import own_stack
with own_stack(Path(sys.argv[1])) as stack:
    for server in (stack.broker, stack.store):
        print(server.instance.id.id, flush=True)
    sys.stdin.read()
"""


def test_a_killed_test_run_leaves_no_container(engine: Engine, tmp_path: Path) -> None:
    """Testcontainers' own Ryuk does so too, unless it is switched off."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        env={**os.environ, STACK: "containers"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        ids = [owner.stdout.readline().strip() for _ in range(2)]
        assert all(ContainerId(engine.address, found, found).alive() for found in ids)
        owner.send_signal(signal.SIGKILL)
        until(lambda: not any(ContainerId(engine.address, found, found).alive() for found in ids))


def test_a_stack_of_a_tests_own_is_gone_with_its_context(engine: Engine, tmp_path: Path) -> None:
    with own_stack(tmp_path) as stack:
        assert stack.broker.how == "container"
        instances = [server.instance.id for server in (stack.broker, stack.store)]
        volumes = {volume for instance in instances for volume in volumes_of(engine, instance)}
    assert not any(instance.alive() for instance in instances)
    assert volumes
    there = engine.ask(lambda client: client.api.volumes())["Volumes"] or []
    assert volumes.isdisjoint(volume["Name"] for volume in there)


def volumes_of(engine: Engine, container: ContainerId) -> list[str]:
    found = engine.ask(lambda client: client.api.inspect_container(container.id))
    return [mount["Name"] for mount in found["Mounts"]]
