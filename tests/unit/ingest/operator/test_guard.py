from ipaddress import ip_address

import pytest
from starlette.requests import Request

from fedswipe.http.problem import Problem
from services.ingest.operator.guard import refuse_strangers, stranger

HERE = "127.0.0.1:8000"


def request(
    peer: str | None = "127.0.0.1", hosts: tuple[str, ...] = (HERE,), origins: tuple[str, ...] = ()
) -> Request:
    headers = [(b"host", host.encode()) for host in hosts] + [(b"origin", one.encode()) for one in origins]
    client = None if peer is None else (peer, 5000)
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "client": client}
    return Request(scope | {"scheme": "http", "server": ("127.0.0.1", 8000), "query_string": b""})


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.0.0.53", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", [HERE, "localhost:8000", "LocalHost", "[::1]:8000", "[::1]", "127.0.0.1"])
def test_this_machine_is_the_operator(peer: str, host: str) -> None:
    assert stranger(request(peer, (host,)), ()) is None
    assert stranger(request(peer, (host,), (f"http://{host}",)), ()) is None


@pytest.mark.parametrize("peer", ["172.18.0.1", "::ffff:172.18.0.1"])
def test_a_peer_that_was_named_is_this_machine_too(peer: str) -> None:
    named = frozenset({ip_address("172.18.0.1")})
    assert stranger(request(peer), named) is None
    assert "another site" in (stranger(request(peer, origins=("http://evil.example",)), named) or "")
    assert "Host" in (stranger(request(peer, ("evil.example",)), named) or "")
    assert "another machine" in (stranger(request("172.18.0.2"), named) or "")


@pytest.mark.parametrize("peer", [None, "192.168.1.4", "::ffff:192.168.1.4", "172.18.0.1", "testclient"])
def test_another_machine_is_refused_whatever_it_says(peer: str | None) -> None:
    with pytest.raises(Problem, match="another machine") as refused:
        refuse_strangers(request(peer), ())
    assert (refused.value.status, refused.value.code) == (403, "NOT_THE_OPERATOR")


@pytest.mark.parametrize(
    "hosts",
    [
        ("evil.example",),
        ("evil.example:8000",),
        ("127.0.0.1.evil.example",),
        ("localhost.evil.example:8000",),
        ("localhost:8000@evil.example",),
        ("192.168.1.4:8000",),
        ("0.0.0.0:8000",),
        ("::1",),
        ("localhost:",),
        ("localhost:٣",),
        ("",),
        (),
        (HERE, "evil.example"),
    ],
)
def test_a_name_that_was_rebound_to_this_machine_is_refused(hosts: tuple[str, ...]) -> None:
    with pytest.raises(Problem, match="Host"):
        refuse_strangers(request(hosts=tuple(host.encode().decode("latin-1") for host in hosts)), ())


@pytest.mark.parametrize(
    "origins",
    [
        ("http://evil.example",),
        ("null",),
        ("",),
        ("https://127.0.0.1:8000",),
        ("http://127.0.0.1:9000",),
        ("http://127.0.0.1",),
        ("http://localhost:8000",),
        (f"http://{HERE}/",),
        (f"http://{HERE}", "http://evil.example"),
    ],
)
def test_another_sites_page_is_refused(origins: tuple[str, ...]) -> None:
    with pytest.raises(Problem, match="Origin"):
        refuse_strangers(request(origins=origins), ())
