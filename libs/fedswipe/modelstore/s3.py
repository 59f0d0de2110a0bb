"""The model store on plain S3 (MinIO or any other server that speaks it)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Self

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, S3Error, ServerError

from fedswipe.environment import read_settings, setting
from fedswipe.events import ObjectRef, Sha256
from fedswipe.modelstore.patience import BreakerState, GuardedCalls, Patience
from fedswipe.modelstore.port import (
    ContentMismatch,
    ObjectMissing,
    StoreMisconfigured,
    StoreUnavailable,
    reference,
    verified,
)

_LARGEST_PUT = 5 * 2**30  # bytes; one S3 PUT takes no more
_SMALLEST_PART = 5 * 2**20  # bytes; what the client accepts as a part's size
_CONNECTIONS = 16  # kept open, for as many threads at once


@dataclass(frozen=True)
class S3Settings:
    """Where and as whom. `url` is http(s)://host:port; time-outs are seconds for one socket operation."""

    access_key: str = field(
        metadata={"env": "FEDSWIPE_S3_ACCESS_KEY", "help": "the object store's access key"}
    )
    secret_key: str = field(
        repr=False,
        metadata={
            "env": "FEDSWIPE_S3_SECRET_KEY",
            "help": "the object store's secret key; or FEDSWIPE_S3_SECRET_KEY_FILE names its file",
            "secret": True,
        },
    )
    url: str = setting("FEDSWIPE_S3", "the object store, http(s)://host:port", "http://127.0.0.1:9000")
    bucket: str = setting("FEDSWIPE_S3_BUCKET", "the bucket of the models", "fedswipe")
    region: str = setting("FEDSWIPE_S3_REGION", "the bucket's region", "us-east-1")
    connect_timeout: float = 2.0
    read_timeout: float = 10.0

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment; FedswipeError names the variable and the remedy."""
        return read_settings(cls, environ)


class S3ModelStore:
    """A `ModelStore` in one bucket, which must exist. Safe to use from several threads."""

    def __init__(self, settings: S3Settings, patience: Patience | None = None) -> None:
        scheme, _, host = settings.url.partition("://")
        if scheme not in ("http", "https") or not host:
            raise StoreMisconfigured(
                f"S3 url is {settings.url!r}: write it as http://host:port or https://host:port"
            )
        self._bucket = settings.bucket
        self._calls = GuardedCalls(patience or Patience())
        self._client = Minio(
            host,
            settings.access_key,
            settings.secret_key,
            secure=scheme == "https",
            region=settings.region,
            http_client=urllib3.PoolManager(
                timeout=urllib3.Timeout(connect=settings.connect_timeout, read=settings.read_timeout),
                maxsize=_CONNECTIONS,
                retries=False,  # GuardedCalls retries, and counts every try
            ),
        )

    @property
    def breaker_state(self) -> BreakerState:
        """Return `closed` (normal), `open` (nothing is tried) or `half-open` (the next try decides)."""
        return self._calls.state

    def put(self, kind: str, data: bytes) -> ObjectRef:
        """Store `data`; see `ModelStore.put`. It is written in one request, so it is whole or absent."""
        ref = reference(kind, data)
        if ref.size > _LARGEST_PUT:
            raise ValueError(f"{ref.size} bytes are more than the {_LARGEST_PUT} that one S3 request takes")
        self._calls.call(lambda: self._put(ref, data))
        return ref

    def get(self, ref: ObjectRef) -> bytes:
        """Return verified bytes; see `ModelStore.get`."""
        return verified(ref, self._calls.call(lambda: self._get(ref)))

    def unverified(self, ref: ObjectRef) -> bytes:
        """Return what is stored under the key, whatever it is, to say how it differs. As `get` otherwise."""
        size = self._calls.call(lambda: self._size(ref.key))
        return self._calls.call(lambda: self._get(ObjectRef(ref.key, ref.sha256, size)))

    def refs(self, kind: str) -> list[ObjectRef]:
        """Return the references of all objects of a kind, by key. Errors as `put`."""
        return self._calls.call(lambda: self._list(kind))

    def ref(self, key: str) -> ObjectRef:
        """Return the reference of a stored object by its key, which holds its SHA-256. As `get` otherwise."""
        size = self._calls.call(lambda: self._size(key))
        return ObjectRef(key, _sha256_of(key), size)

    def check(self) -> None:
        """Ask once whether the bucket is there; see `ModelStore.check`."""
        self._calls.call_once(self._check)

    def _put(self, ref: ObjectRef, data: bytes) -> None:
        with _translated(ref.key):
            self._client.put_object(
                self._bucket, ref.key, BytesIO(data), ref.size, part_size=max(ref.size, _SMALLEST_PART)
            )

    def _get(self, ref: ObjectRef) -> bytes:
        with _translated(ref.key):
            response = self._client.get_object(self._bucket, ref.key)
            try:
                stored = response.headers.get("content-length")
                if stored is not None and int(stored) != ref.size:  # before anything large is read
                    raise ContentMismatch(f"{ref.key}: {stored} bytes stored, {ref.size} expected")
                return response.read()
            finally:
                response.close()
                response.release_conn()

    def _list(self, kind: str) -> list[ObjectRef]:
        with _translated(kind):
            found = self._client.list_objects(self._bucket, f"{kind}/")
            named = [(each.object_name or "", each.size or 0) for each in found]
        return [ObjectRef(key, _sha256_of(key), size) for key, size in named]

    def _size(self, key: str) -> int:
        with _translated(key):
            return int(self._client.stat_object(self._bucket, key).size or 0)

    def _check(self) -> None:
        with _translated(self._bucket):
            if not self._client.bucket_exists(self._bucket):
                raise StoreMisconfigured(
                    f"bucket {self._bucket!r} does not exist: create it or correct its name"
                )


def _sha256_of(key: str) -> Sha256:
    return Sha256(key.rpartition("/")[2].partition(".")[0])


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turn the client's errors into the port's."""
    try:
        yield
    except S3Error as error:
        raise _meaning(what, error) from error
    except (ServerError, InvalidResponseError, urllib3.exceptions.HTTPError) as error:
        raise StoreUnavailable(f"{what}: {error}") from error


def _meaning(what: str, error: S3Error) -> Exception:
    if error.code == "NoSuchKey":
        return ObjectMissing(f"{what}: no such object")
    status = error.response.status
    if status >= 500 or status in (408, 429):  # server's fault, time-out, too many requests
        return StoreUnavailable(f"{what}: {error.code} (HTTP {status})")
    return StoreMisconfigured(
        f"{what}: the store refuses with {error.code}: check bucket, keys and their rights"
    )
