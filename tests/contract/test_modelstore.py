"""What every model store promises: the in-memory twin, MinIO (or the given S3 server) and rclone."""

import random
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO

import pytest
import urllib3
from minio import Minio

from fedswipe.local.addresses import S3Address
from fedswipe.modelstore import ContentMismatch, ObjectMissing, StoreMisconfigured, reference
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.testing.modelstore import InMemoryModelStore

KIND = "swipe-en/models"


@dataclass(frozen=True)
class Subject:
    """A store, and its back door: `overwrite(key, bytes)` and `names()` go around the port."""

    store: S3ModelStore | InMemoryModelStore
    overwrite: Callable[[str, bytes], object]
    names: Callable[[], list[str]]


def settings(address: S3Address, bucket: str) -> S3Settings:
    return S3Settings(
        url=address.url,
        bucket=bucket,
        access_key=address.access_key,
        secret_key=address.secret_key,
        region=address.region,
    )


def s3_subject(address: S3Address) -> Iterator[Subject]:
    with urllib3.PoolManager() as http:
        client = Minio(
            address.url.removeprefix("http://"),
            address.access_key,
            address.secret_key,
            secure=False,
            region=address.region,
            http_client=http,
        )
        bucket = f"contract-{uuid.uuid4().hex}"
        client.make_bucket(bucket)
        store = S3ModelStore(settings(address, bucket))
        yield Subject(
            store,
            overwrite=lambda key, data: client.put_object(bucket, key, BytesIO(data), len(data)),
            names=lambda: [str(entry.object_name) for entry in client.list_objects(bucket, recursive=True)],
        )
        for entry in client.list_objects(bucket, recursive=True):
            client.remove_object(bucket, str(entry.object_name))
        client.remove_bucket(bucket)


@pytest.fixture(params=["twin", "minio", "rclone"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    if request.param == "twin":
        twin = InMemoryModelStore()
        yield Subject(twin, twin.objects.__setitem__, lambda: list(twin.objects))
    elif request.param == "minio":
        yield from s3_subject(request.getfixturevalue("stack").s3)
    else:
        yield from s3_subject(request.getfixturevalue("rclone").s3)


def test_an_object_can_be_looked_at_whatever_it_is(subject: Subject) -> None:
    ref = subject.store.put(KIND, b"weights")
    subject.overwrite(ref.key, b"other weights")
    assert subject.store.unverified(ref) == b"other weights"
    with pytest.raises(ObjectMissing):
        subject.store.unverified(reference(KIND, b"never put"))


def test_the_objects_of_a_kind_are_listed(subject: Subject) -> None:
    refs = [subject.store.put(KIND, bytes([number])) for number in range(3)]
    subject.store.put("swipe-en/manifests", b"another kind")
    assert subject.store.refs(KIND) == sorted(refs, key=lambda ref: ref.key)
    assert subject.store.refs("swipe-ru/models") == []


def test_what_was_put_is_got(subject: Subject) -> None:
    ref = subject.store.put(KIND, b"weights")
    assert ref == reference(KIND, b"weights")
    assert subject.store.get(ref) == b"weights"


def test_nothing_is_content_too(subject: Subject) -> None:
    assert subject.store.get(subject.store.put(KIND, b"")) == b""


def test_putting_again_is_the_same_object(subject: Subject) -> None:
    assert subject.store.put(KIND, b"weights") == subject.store.put(KIND, b"weights")
    assert len(subject.names()) == 1


def test_putting_again_heals_a_changed_object(subject: Subject) -> None:
    ref = subject.store.put(KIND, b"weights")
    subject.overwrite(ref.key, b"WEIGHTS")
    subject.store.put(KIND, b"weights")
    assert subject.store.get(ref) == b"weights"


@pytest.mark.parametrize("changed", [b"WEIGHTS", b"weight", b"weights and more", b""])
def test_a_changed_object_is_refused(subject: Subject, changed: bytes) -> None:
    ref = subject.store.put(KIND, b"weights")
    subject.overwrite(ref.key, changed)
    with pytest.raises(ContentMismatch, match=ref.key):
        subject.store.get(ref)


def test_a_reference_that_lies_is_refused(subject: Subject) -> None:
    ref = subject.store.put(KIND, b"weights")
    with pytest.raises(ContentMismatch):
        subject.store.get(replace(ref, sha256=reference(KIND, b"other").sha256))


def test_a_missing_object_is_told(subject: Subject) -> None:
    with pytest.raises(ObjectMissing):
        subject.store.get(reference(KIND, b"never put"))


def test_a_wrong_kind_is_refused(subject: Subject) -> None:
    with pytest.raises(ValueError, match="use lower-case words"):
        subject.store.put("../elsewhere", b"weights")


def test_a_large_object_is_one_object(subject: Subject) -> None:
    data = random.Random(0).randbytes(20_000_000)
    ref = subject.store.put(KIND, data)
    assert subject.store.get(ref) == data
    assert subject.names() == [ref.key]


def test_many_threads_put_and_get(subject: Subject) -> None:
    contents = [number.to_bytes(2) * 50_000 for number in range(40)] * 2  # each twice
    with ThreadPoolExecutor(16) as pool:
        refs = list(pool.map(lambda data: subject.store.put(KIND, data), contents))
        assert list(pool.map(subject.store.get, refs)) == contents
    assert len(subject.names()) == 40


def test_a_usable_store_passes_its_check(subject: Subject) -> None:
    subject.store.check()


@pytest.mark.parametrize("server", ["stack", "rclone"])
@pytest.mark.parametrize("wrong", ["bucket", "keys"])
def test_a_refusal_names_the_setting(request: pytest.FixtureRequest, server: str, wrong: str) -> None:
    right = settings(request.getfixturevalue(server).s3, bucket="no-such-bucket")
    store = S3ModelStore(right if wrong == "bucket" else replace(right, secret_key="wrong"))  # noqa: S106 - so it is
    with pytest.raises(StoreMisconfigured, match=wrong):
        store.check()
    with pytest.raises(StoreMisconfigured):
        store.put(KIND, b"weights")
    assert store.breaker_state == "closed"  # it answered
