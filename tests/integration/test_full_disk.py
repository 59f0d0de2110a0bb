"""A full disk under Kafka, and one under the object store: nothing acknowledged is lost, and space mends it.

Each disk is a small tmpfs, so this needs the right to mount one.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from minio import Minio

from fedswipe.events import ClientId, SwipeId, SwipeRecorded
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.log_range import read_range
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.stack import OwnStack, native_stack
from fedswipe.modelstore.patience import Patience
from fedswipe.modelstore.port import StoreUnavailable
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.topology import SWIPES

SMALL, LARGE = "48m", "512m"
POINTS = 900  # of a swipe; noise, so that it cannot be compressed away
BATCH = 200
MOST_BATCHES = 400  # a full disk comes long before
KIND, BUCKET = "swipe-en/models", "fedswipe"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


class Disk:
    """A tmpfs at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resize(self, size: str) -> None:
        run("mount", "-o", f"remount,size={size}", str(self.folder))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder))
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")
    yield Disk(folder)
    run("umount", "--lazy", str(folder))


@pytest.fixture
def stack(disk: Disk) -> Iterator[OwnStack]:
    """Kafka and MinIO as processes whose data and logs lie on the small disk."""
    with native_stack(disk.folder) as running:
        yield running


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def noise(number: int) -> SwipeRecorded:
    """A swipe that is large and that no compression makes smaller."""
    random = Random(number)
    axis = [tuple(random.random() * 300 for _ in range(POINTS)) for _ in range(2)]
    times = tuple(float(t) for t in range(POINTS))
    return SwipeRecorded(
        ClientId("filler"), SwipeId(str(number)), "qwerty-en", None, 360.0, 216.0, *axis, times
    )


def fill(producer: EventProducer) -> list[int]:
    """Send swipes until the broker takes no more; return the offsets of those that it acknowledged."""
    stored: list[int] = []
    for batch in range(MOST_BATCHES):
        sent = [
            producer.send(SWIPES, noise(batch * BATCH + n), key="filler", partition=0) for n in range(BATCH)
        ]
        for one in sent:
            if one.exception() is None:
                stored.append(one.result())
            else:
                assert isinstance(one.exception(), BrokerUnavailable)
        if any(one.exception() for one in sent):
            return stored
    raise AssertionError("the disk never became full")


def fill_store(store: S3ModelStore, data: bytes) -> None:
    """Put objects of this size, each another, until the store takes no more."""
    for number in range(10):
        store.put(KIND, data + bytes([number]))


def test_a_full_disk_stops_the_broker_and_everything_acknowledged_is_there_afterwards(
    disk: Disk, stack: OwnStack
) -> None:
    settings = KafkaSettings(stack.kafka)
    Admin(settings).create_topics()
    with EventProducer(settings) as producer:
        stored = fill(producer)
    assert len(stored) > BATCH
    stack.broker.instance.kill()  # it has halted by itself, or is about to

    disk.resize(LARGE)
    stack.broker.instance.restart()
    end = Admin(settings).ends(SWIPES)[0]
    found = {record.offset for record in read_range(settings, SWIPES, 0, 0, end)}
    assert found.issuperset(stored)
    with EventProducer(settings) as producer:
        assert producer.send(SWIPES, noise(-1), key="filler", partition=0).result() >= max(stored)


def test_a_full_object_store_is_unavailable_until_there_is_space(disk: Disk, stack: OwnStack) -> None:
    s3 = stack.s3
    Minio(s3.url.partition("://")[2], s3.access_key, s3.secret_key, secure=False).make_bucket(BUCKET)
    store = S3ModelStore(S3Settings(s3.access_key, s3.secret_key, s3.url, BUCKET), Patience(total=0.0))
    kept = store.put(KIND, b"what was there before")
    too_much = bytes(32_000_000)
    with pytest.raises(StoreUnavailable):
        fill_store(store, too_much)
    assert store.get(kept) == b"what was there before"

    disk.resize(LARGE)
    patient = S3ModelStore(
        S3Settings(s3.access_key, s3.secret_key, s3.url, BUCKET), Patience(total=60.0, failures=1_000)
    )
    assert patient.put(KIND, too_much).size == len(too_much)  # MinIO looks at its disk from time to time
