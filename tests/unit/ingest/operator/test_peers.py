from ipaddress import ip_address
from pathlib import Path

import pytest

from fedswipe.errors import FedswipeError
from services.ingest.operator.peers import read_peers

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
DEFAULT = "eth0\t00000000\t010013AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
OWN_NETWORK = "eth0\t000013AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"


def routes(folder: Path, *lines: str) -> Path:
    path = folder / "route"
    path.write_text(HEAD + "".join(lines), "ascii")
    return path


def test_nobody_is_named_without_being_asked_for(tmp_path: Path) -> None:
    assert read_peers((), routes(tmp_path, DEFAULT)) == frozenset()


def test_the_gateway_is_the_default_routes(tmp_path: Path) -> None:
    found = read_peers(("gateway", "::2"), routes(tmp_path, OWN_NETWORK, DEFAULT))
    assert found == {ip_address("172.19.0.1"), ip_address("::2")}


def test_a_network_without_a_default_route_has_no_gateway(tmp_path: Path) -> None:
    assert read_peers(("gateway",), routes(tmp_path, OWN_NETWORK)) == frozenset()
    assert read_peers(("gateway",), tmp_path / "no such system") == frozenset()


@pytest.mark.parametrize("wrong", ["", "Gateway", "172.19.0.0/16", "router"])
def test_anything_else_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(FedswipeError, match=r"INGEST_OPERATORS: .* 'gateway'"):
        read_peers((wrong,))
