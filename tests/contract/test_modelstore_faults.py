"""A model store whose server goes away: told within its bounds, and the circuit opens and closes again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import urllib3
from minio import Minio

from fedswipe.local.parts import OwnS3Server
from fedswipe.local.ports import HOST, FreePorts
from fedswipe.local.rclone import RcloneServer
from fedswipe.modelstore import ModelStore, StoreUnavailable, reference
from fedswipe.modelstore.patience import Patience
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.testing.modelstore import InMemoryModelStore

KIND = "swipe-en/models"
BUCKET = "models"
REF = reference(KIND, b"weights")
IMPATIENT = Patience(total=1.0, failures=3, open_for=0.0)

pytestmark = pytest.mark.timeout(60)  # the bound: without time-outs these tests would wait for ever


def refuses_everything(store: ModelStore) -> None:
    with pytest.raises(StoreUnavailable):
        store.put(KIND, b"weights")
    with pytest.raises(StoreUnavailable):
        store.get(REF)
    with pytest.raises(StoreUnavailable):
        store.check()


def store_at(url: str, patience: Patience = IMPATIENT) -> S3ModelStore:
    settings = S3Settings(
        url=url,
        bucket=BUCKET,
        access_key="access",
        secret_key="any",  # noqa: S106 - nobody checks it
        connect_timeout=0.3,
        read_timeout=0.3,
    )
    return S3ModelStore(settings, patience)


def http_response(status: str, kind: str, length: int, body: bytes) -> bytes:
    lines = (
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {length}",
        "Connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode() + body


@contextmanager
def server_that_answers(response: bytes | None) -> Iterator[str]:
    """Listen and send `response` to every request (None: accept and stay silent); yield the URL."""

    def serve() -> None:
        with ExitStack() as silent, suppress(OSError):  # accept fails once the server is shut down
            while True:
                connection = silent.enter_context(server.accept()[0])
                if response is not None:
                    while (data := connection.recv(65_536)) and not data.endswith((b"\r\n\r\n", b"weights")):
                        pass
                    connection.sendall(response)
                    connection.close()

    with socket.create_server((HOST, 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://{HOST}:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_an_unavailable_twin_says_so() -> None:
    twin = InMemoryModelStore()
    twin.put(KIND, b"weights")
    twin.available = False
    refuses_everything(twin)
    twin.available = True
    assert twin.get(REF) == b"weights"


def test_nobody_listens() -> None:
    refuses_everything(store_at(f"http://{HOST}:{FreePorts().take('nobody')}"))


def test_a_server_that_never_answers() -> None:
    with server_that_answers(None) as url:
        refuses_everything(store_at(url))


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Slow Down", "429 Too Many Requests"])
@pytest.mark.parametrize("xml", [True, False])
def test_a_server_in_trouble(status: str, xml: bool) -> None:
    body = b"<Error><Code>SlowDown</Code></Error>" if xml else b"<html>proxy</html>"
    kind = "application/xml" if xml else "text/html"
    with server_that_answers(http_response(status, kind, len(body), body)) as url:
        refuses_everything(store_at(url))


def test_a_connection_that_breaks_in_the_middle_of_an_object_is_no_changed_object() -> None:
    with (
        server_that_answers(http_response("200 OK", "x/y", 7, b"wei")) as url,
        pytest.raises(StoreUnavailable),
    ):
        store_at(url).get(REF)


def test_the_circuit_opens_while_the_server_is_away_and_closes_after(
    mortal_server: OwnS3Server | RcloneServer,
) -> None:
    address = mortal_server.s3
    with urllib3.PoolManager() as http:
        host = address.url.removeprefix("http://")
        Minio(host, address.access_key, address.secret_key, secure=False, http_client=http).make_bucket(
            BUCKET
        )
    keys = {"access_key": address.access_key, "secret_key": address.secret_key}
    store = S3ModelStore(S3Settings(url=address.url, bucket=BUCKET, region=address.region, **keys), IMPATIENT)
    store.put(KIND, b"weights")
    assert store.breaker_state == "closed"

    mortal_server.instance.kill()
    refuses_everything(store)
    assert store.breaker_state == "open"

    mortal_server.instance.restart()
    assert store.get(REF) == b"weights"
    assert store.breaker_state == "closed"
