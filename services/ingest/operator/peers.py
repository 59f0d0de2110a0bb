"""Whose requests are this machine's own, besides those of the loopback interface."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from fedswipe.errors import FedswipeError

OPERATORS = "INGEST_OPERATORS"
GATEWAY = "gateway"
ROUTES = Path("/proc/net/route")  # see proc(5)
Peers = frozenset[IPv4Address | IPv6Address]


def read_peers(entries: Sequence[str], routes: Path = ROUTES) -> Peers:
    """Read addresses; `gateway` is the one of the default route, through which Docker brings in its host.

    Without a default route it is nobody. Raises FedswipeError for what is neither.
    """
    named = [_address(entry) for entry in entries if entry != GATEWAY]
    return frozenset([*named, *(_gateways(routes) if GATEWAY in entries else ())])


def _address(entry: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(entry)
    except ValueError as error:
        raise FedswipeError(f"{OPERATORS}: {entry!r}; give IP addresses or {GATEWAY!r}, by commas") from error


def _gateways(routes: Path) -> Iterator[IPv4Address]:
    """Yield the default routes' gateways: destination and gateway are hexadecimal, the lowest byte first."""
    for line in routes.read_text("ascii").splitlines()[1:] if routes.exists() else ():
        _, destination, gateway = line.split()[:3]
        if int(destination, 16) == 0 and int(gateway, 16) != 0:
            yield IPv4Address(bytes.fromhex(gateway)[::-1])
