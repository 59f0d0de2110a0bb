"""Who may act as the operator while the stack is not secured: this machine, from ingest's own pages.

A page of another site can make a browser send requests here; its Origin tells. A name of another site that
resolves to this machine (DNS rebinding) makes that page's origin look like ingest's own; the Host tells.
"""

from http import HTTPStatus
from ipaddress import IPv6Address, ip_address

from fastapi import Request

from fedswipe.http.problem import Problem
from services.ingest.operator.peers import Peers

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
REMEDY = "use ingest's own page under http://127.0.0.1, or `fedswipe models` on the machine itself"


def refuse_strangers(request: Request, peers: Peers) -> None:
    """Raise Problem (403) unless the peer is loopback or one of `peers`, and Host and Origin fit.

    Host has to name the loopback interface; the Origin, if sent, has to be the request's own.
    """
    if (why := stranger(request, peers)) is not None:
        raise Problem(HTTPStatus.FORBIDDEN, "NOT_THE_OPERATOR", f"{why}; {REMEDY}")


def stranger(request: Request, peers: Peers) -> str | None:
    """Say why a request is not the operator's, or None."""
    if request.client is None or not is_own(request.client.host, peers):
        return "the request comes from another machine"
    hosts, origins = request.headers.getlist("host"), request.headers.getlist("origin")
    if len(hosts) != 1 or not names_loopback(hosts[0]):
        return "Host: is no name of this machine's loopback interface"
    if any(origin != f"{request.url.scheme}://{hosts[0]}" for origin in origins):
        return "Origin: is another site's"
    return None


def is_own(address: str, peers: Peers) -> bool:
    """Tell whether a peer's address is this machine's loopback interface, or one of `peers`."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback or (mapped or parsed) in peers


def names_loopback(host: str) -> bool:
    """Tell whether a Host header names the loopback interface, with any port or none."""
    name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    name, port = (name, port) if colon else (host, "0")
    return name.lower() in LOOPBACK_NAMES and port.isascii() and port.isdecimal()
