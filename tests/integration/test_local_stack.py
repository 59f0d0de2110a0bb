import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import urllib3
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from minio import Minio

from fedswipe.local.addresses import Addresses, S3Address
from fedswipe.local.choose import Choice
from fedswipe.local.errors import MissingTool, Unreachable
from fedswipe.local.pids import ProcessId
from fedswipe.local.ports import HOST, FreePorts
from fedswipe.local.reporter import Collected
from fedswipe.local.stack import OwnStack, native_stack, open_stack, run_stack

DEADLINE = 30.0  # seconds; reached only by a failure

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def own(choice: Choice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnStack]:
    way = choice.way(os.environ, Collected())
    with run_stack(way, tmp_path_factory.mktemp(choice.kind)) as stack:
        yield stack


def write(addresses: Addresses, name: str) -> None:
    """Store one record and one object under `name`."""
    admin = AdminClient({"bootstrap.servers": addresses.kafka})
    admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])[name].result()
    producer = Producer({"bootstrap.servers": addresses.kafka, "acks": "all", "delivery.timeout.ms": 20_000})
    producer.produce(name, b"record")
    assert producer.flush(DEADLINE) == 0
    with urllib3.PoolManager() as http:
        s3 = client(addresses.s3, http)
        s3.make_bucket(name)
        s3.put_object(name, "object", BytesIO(b"content"), 7)


def read(addresses: Addresses, name: str) -> tuple[bytes, bytes]:
    """Return the record and the object that `write` stored."""
    consumer = Consumer({"bootstrap.servers": addresses.kafka, "group.id": "any"})
    consumer.assign([TopicPartition(name, 0, 0)])
    record = consumer.poll(DEADLINE)
    consumer.close()
    assert record is not None
    assert record.error() is None
    with urllib3.PoolManager() as http:
        return record.value() or b"", client(addresses.s3, http).get_object(name, "object").data


def client(s3: S3Address, http: urllib3.PoolManager) -> Minio:
    host = s3.url.removeprefix("http://")
    return Minio(host, s3.access_key, s3.secret_key, secure=False, region=s3.region, http_client=http)


def test_data_survives_a_kill_and_a_restart_of_both(own: OwnStack) -> None:
    name = f"kept-{uuid.uuid4().hex}"
    write(own.addresses, name)
    for instance in (own.broker.instance, own.store.instance):
        assert instance.kill() == -signal.SIGKILL
        assert not instance.running
    for instance in (own.broker.instance, own.store.instance):
        instance.restart()
    assert read(own.addresses, name) == (b"record", b"content")


def test_both_end_on_sigterm_and_start_again(own: OwnStack) -> None:
    assert own.store.instance.stop() == 0
    assert own.broker.instance.stop() == 128 + signal.SIGTERM  # how a JVM says that it ended as asked
    own.store.instance.restart()
    own.broker.instance.restart()


def test_everything_listens_on_the_loopback_interface_alone(own: OwnStack) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
        try:
            outside.connect(("192.0.2.1", 9))  # sends nothing; asks which of our addresses leads outside
        except OSError:
            pytest.skip("this machine has no address but the loopback one")
        address = outside.getsockname()[0]
    for port in (int(own.kafka.rpartition(":")[2]), int(own.s3.url.rpartition(":")[2])):
        with socket.socket() as probe:
            probe.settimeout(2.0)
            assert probe.connect_ex((address, port)) != 0


def test_given_addresses_are_used_and_nothing_is_started(own: OwnStack, tmp_path: Path) -> None:
    with open_stack(tmp_path, own.addresses.environ()) as stack:
        assert stack.addresses == own.addresses
        assert (stack.broker.how, stack.store.how) == ("given", "given")
    assert list(tmp_path.iterdir()) == []
    assert own.broker.instance.running


@pytest.mark.parametrize("variable", ["FEDSWIPE_KAFKA", "FEDSWIPE_S3"])
def test_an_address_that_does_not_answer_is_an_error_that_names_its_variable(
    own: OwnStack, tmp_path: Path, variable: str
) -> None:
    nobody = f"{HOST}:{FreePorts().take('nobody')}"
    environ = {**own.addresses.environ(), variable: nobody if "KAFKA" in variable else f"http://{nobody}"}
    with pytest.raises(Unreachable, match=f"^{variable}: "), open_stack(tmp_path, environ):
        pass


def test_missing_tools_are_named_before_anything_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    reporter = Collected()
    with pytest.raises(MissingTool) as error, native_stack(tmp_path / "stack", reporter=reporter):
        pass
    assert [line.split()[0] for line in str(error.value).splitlines()] == ["java", "mvn", "go"]
    assert reporter.said == []
    assert list(tmp_path.iterdir()) == []


OWNER = """
import sys
from pathlib import Path
from fedswipe.local.stack import native_stack
with native_stack(Path(sys.argv[1])) as stack:
    print(stack.broker.instance.id.pid, stack.store.instance.id.pid, flush=True)
    sys.stdin.read()
"""


def test_a_killed_parent_leaves_no_orphan(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        processes = [ProcessId.of(int(pid)) for pid in owner.stdout.readline().split()]
        assert len(processes) == 2
        owner.kill()
        assert all(process.wait_gone(DEADLINE) for process in processes)
