import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import urllib3
from minio import Minio

from fedswipe.local.addresses import Addresses
from fedswipe.local.choose import Choice
from fedswipe.local.containers import name_of
from fedswipe.local.down import take_down
from fedswipe.local.engine import Engine
from fedswipe.local.errors import StackError, StartFailed
from fedswipe.local.instance import Identity
from fedswipe.local.parts import PARTS
from fedswipe.local.ports import FIXED, HOST, FreePorts, is_free
from fedswipe.local.probes import kafka_answers
from fedswipe.local.reporter import Collected
from fedswipe.local.stack import Stack
from fedswipe.local.state import FILE, State
from fedswipe.local.up import Wiring, bring_up, no_wiring
from fedswipe.testing.until import until

DEADLINE = 60.0  # seconds; reached only by a failure

pytestmark = pytest.mark.timeout(180)


@dataclass
class Up:
    """`fedswipe up` and `down` in a folder and on ports of the test's own; keeps what the last one said."""

    folder: Path
    ports: Mapping[str, int]
    way: Mapping[str, str]
    said: list[str] = field(default_factory=list)
    prepared: list[Addresses] = field(default_factory=list)

    def __call__(
        self,
        services: Mapping[str, Mapping[str, str]] | None = None,
        environ: Mapping[str, str] | None = None,
        wiring: Wiring = no_wiring,
    ) -> State:
        reporter = Collected()
        self.said = reporter.said
        return bring_up(
            self.folder,
            environ={**self.way, **(environ or {})},
            services=services or {},
            prepare=self.prepared.append,
            reporter=reporter,
            preferred=self.ports,
            wiring=wiring,
        )

    def down(self, *, keep_data: bool = False) -> None:
        reporter = Collected()
        self.said = reporter.said
        take_down(self.folder, keep_data=keep_data, reporter=reporter)


@pytest.fixture
def up(tmp_path: Path, ways: Mapping[str, str]) -> Iterator[Up]:
    free = FreePorts()
    up = Up(tmp_path / "stack", {part: free.take(part) for part in (*FIXED, "greeter")}, ways)
    yield up
    up.down()


@pytest.fixture
def kafka(stack: Stack) -> Mapping[str, str]:
    """An environment that gives Kafka's address, for tests that can do without starting one."""
    return {"FEDSWIPE_KAFKA": stack.kafka}


def client_of(state: State, http: urllib3.PoolManager) -> Minio:
    s3 = state.addresses.s3
    return Minio(
        s3.url.removeprefix("http://"),
        s3.access_key,
        s3.secret_key,
        secure=False,
        region=s3.region,
        http_client=http,
    )


def ours(state: State) -> list[Identity]:
    return [part.id for part in state.running if part.id]


@pytest.fixture
def how(choice: Choice) -> str:
    """What `status` calls the way."""
    return "container" if choice.engine else "native"


@pytest.fixture
def left(choice: Choice, up: Up) -> Callable[[], list[str]]:
    """Look what there is of this stack: processes, containers, volumes."""
    if choice.engine is None:
        return lambda: pids_of(up.folder)
    return partial(in_engine, choice.engine, up.folder)


def pids_of(folder: Path) -> list[str]:
    """Return the processes whose command line names a file in `folder`."""
    command = ["pgrep", "-f", f"{folder}/"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


def in_engine(engine: Engine, folder: Path) -> list[str]:
    """Return the containers and volumes of the stack in `folder`, by name."""
    names = {name_of(part, folder) for part in PARTS}
    containers = engine.ask(lambda client: client.api.containers(all=True))
    volumes = engine.ask(lambda client: client.api.volumes())["Volumes"] or []
    found = [container["Names"][0].removeprefix("/") for container in containers]
    return [name for name in found + [volume["Name"] for volume in volumes] if name in names]


def test_a_second_up_finds_the_first_and_down_leaves_nothing(
    up: Up, how: str, left: Callable[[], list[str]]
) -> None:
    first = up()
    assert [part.name for part in first.running] == ["s3", "kafka"]
    assert all(first.answers(part) for part in first.running)
    assert State.load(up.folder) == first

    second = up()
    assert second == first
    assert up.said[:2] == [
        f"s3 is up already: {how}, {first.addresses.s3.url}.",
        f"kafka is up already: {how}, {first.addresses.kafka}.",
    ]
    assert up.prepared == [first.addresses, first.addresses]

    up.down()
    assert up.said == ["s3 has ended.", "kafka has ended."]
    assert not any(instance.alive() for instance in ours(first))
    assert left() == []
    assert not up.folder.exists()
    assert all(is_free(port) for port in up.ports.values())
    up.down()
    assert up.said == ["Nothing is up."]


def test_a_taken_port_is_moved_and_that_is_said(up: Up, kafka: Mapping[str, str]) -> None:
    wanted = up.ports["s3"]
    with socket.create_server((HOST, wanted)):
        state = up(environ=kafka)
    moved = int(state.addresses.s3.url.rpartition(":")[2])
    assert moved != wanted
    assert f"Port {wanted} is taken: s3 listens on {moved} instead." in up.said


def test_what_has_ended_is_started_again_where_it_was(up: Up) -> None:
    first = up()
    kafka = next(part for part in first.running if part.name == "kafka")
    assert kafka.id
    kafka.id.kill_group()
    assert kafka.id.wait_gone(DEADLINE)

    second = up()
    assert "kafka does not answer any more: it is started again." in up.said
    assert second.addresses == first.addresses
    assert ours(second)[0] == ours(first)[0]
    assert ours(second)[1] != kafka.id


def test_data_is_kept_when_asked(
    up: Up, choice: Choice, kafka: Mapping[str, str], left: Callable[[], list[str]]
) -> None:
    with urllib3.PoolManager() as http:
        client_of(up(environ=kafka), http).make_bucket("kept")
        up.down(keep_data=True)
        assert [path.name for path in up.folder.iterdir()] == [FILE if choice.engine else "data"]
        assert client_of(up(environ=kafka), http).bucket_exists("kept")
        up.down(keep_data=True)
        up.down()
        assert left() == []
        assert not up.folder.exists()
        assert not client_of(up(environ=kafka), http).bucket_exists("kept")


def test_a_folder_with_other_files_is_not_deleted(up: Up) -> None:
    up.folder.mkdir()
    (up.folder / "thesis.txt").touch()
    up.down()
    assert [path.name for path in up.folder.iterdir()] == ["thesis.txt"]


def test_a_given_part_is_used_and_left_alone(
    up: Up, how: str, stack: Stack, kafka: Mapping[str, str]
) -> None:
    state = up(environ=kafka)
    assert [(part.name, part.how) for part in state.running] == [("s3", how), ("kafka", "given")]
    assert state.addresses.kafka == stack.kafka
    up.down()
    assert up.said == ["s3 has ended."]
    assert kafka_answers(stack.kafka)


@pytest.mark.parametrize("other", [{"FEDSWIPE_KAFKA": "other:9092"}, {}])
def test_another_address_is_refused_while_a_stack_is_up(
    up: Up, kafka: Mapping[str, str], other: Mapping[str, str]
) -> None:
    up(environ=kafka)
    with pytest.raises(StackError, match=r"FEDSWIPE_KAFKA is .*, but the stack that is up uses"):
        up(environ=other)


@pytest.mark.parametrize("keep_data", [True, False])
def test_another_way_is_refused_while_there_are_data(
    up: Up, choice: Choice, kafka: Mapping[str, str], keep_data: bool
) -> None:
    up(environ=kafka)
    if keep_data:
        up.down(keep_data=True)
    other = {"STACK": "native" if choice.engine else "containers"}
    with pytest.raises(StackError, match=r"STACK is \w+, but this stack's data are in .*`fedswipe down`"):
        up(environ=kafka | other)
    assert up(environ=kafka | {"STACK": "auto"}).running[0].how != "given"


GREETER = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        found = {"FEDSWIPE_KAFKA", "FEDSWIPE_S3", "FEDSWIPE_S3_SECRET_KEY", "GREETING"} <= set(os.environ)
        self.send_response(200 if found and self.path == "/ready" else 503)
        self.end_headers()

HTTPServer((os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def greeter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module of a service that is ready when it finds its environment."""
    module = tmp_path / "modules" / "services" / "greeter" / "app.py"
    module.parent.mkdir(parents=True)
    for package in (module.parent, module.parent.parent):
        (package / "__init__.py").touch()
    module.write_text(GREETER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"), prepend=os.pathsep)
    return module


def test_services_get_both_addresses_and_go_down_first(
    up: Up, greeter: Path, kafka: Mapping[str, str]
) -> None:
    state = up(services={"greeter": {"GREETING": "hello"}}, environ=kafka)
    assert state.running[-1].address == f"http://{HOST}:{up.ports['greeter']}"
    assert state.answers(state.running[-1])
    up.down()
    assert up.said == ["greeter has ended.", "s3 has ended."]
    assert not any(instance.alive() for instance in ours(state))


def test_a_service_that_is_told_something_else_is_started_again(
    up: Up, greeter: Path, kafka: Mapping[str, str]
) -> None:
    def wired(*names: str) -> State:
        services = {name: {"GREETING": "hello"} for name in names}
        return up(services, kafka, lambda urls: {"greeter": {"GREETING": " ".join(sorted(urls))}})

    alone = wired("greeter")
    assert wired("greeter").running == alone.running
    both = {part.name: part for part in wired("greeter", "greeter-two").running}
    (before,) = (part for part in alone.running if part.name == "greeter")
    assert both["greeter"].process != before.process
    assert both["greeter"].address == before.address
    assert wired("greeter").running == tuple(both.values())


def test_a_service_that_does_not_start_takes_everything_down_with_it(
    up: Up, greeter: Path, kafka: Mapping[str, str], left: Callable[[], list[str]]
) -> None:
    greeter.write_text("raise SystemExit('GREETING is not polite')")
    with pytest.raises(StartFailed, match=r"(?s)greeter ended with status 1.*GREETING is not polite"):
        up(services={"greeter": {}}, environ=kafka)
    assert State.load(up.folder).running == ()
    assert left() == []


UP = """
import os, sys
from pathlib import Path
from fedswipe.local.parts import PARTS
from fedswipe.local.ports import FIXED, FreePorts
from fedswipe.local.reporter import Collected
from fedswipe.local.up import bring_up

def prepare(addresses):
    print("prepares", flush=True)
    sys.stdin.readline()

free = FreePorts()
ports = {part: free.take(part) for part in FIXED}
way = {name: os.environ[name] for name in ("STACK", "DOCKER_HOST") if name in os.environ}
bring_up(Path(sys.argv[1]), environ=way, services={}, prepare=prepare, reporter=Collected(), preferred=ports)
"""


@pytest.fixture
def starting(up: Up) -> Iterator[subprocess.Popen[str]]:
    """An `up` in a process of its own, which waits for a line before it prepares topics and buckets."""
    with subprocess.Popen(
        [sys.executable, "-c", UP, str(up.folder)],
        env={**os.environ, **up.way},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("moment", ["something has started", "all have started"])
def test_a_killed_up_leaves_no_orphan_and_the_next_one_works(
    up: Up,
    starting: subprocess.Popen[str],
    kafka: Mapping[str, str],
    left: Callable[[], list[str]],
    moment: str,
) -> None:
    assert starting.stdout
    if moment == "all have started":
        starting.stdout.readline()
    until(lambda: len(left()) > 0)
    starting.send_signal(signal.SIGKILL)
    until(lambda: not left())
    assert not (up.folder / FILE).exists()
    state = up(environ=kafka)
    assert all(state.answers(part) for part in state.running)


def test_after_its_success_the_stack_goes_on_by_itself(up: Up, starting: subprocess.Popen[str]) -> None:
    starting.communicate("\n", timeout=DEADLINE)
    assert starting.returncode == 0
    state = State.load(up.folder)
    assert len(state.running) == 2
    assert all(state.answers(part) for part in state.running)
