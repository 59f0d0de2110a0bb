import socket

import pytest

from fedswipe.local.errors import StackError
from fedswipe.local.ports import HOST, FixedPorts, FreePorts, is_free
from fedswipe.local.reporter import Collected


def test_a_fixed_port_stays_when_it_is_free_and_nothing_is_said() -> None:
    free, reporter = FreePorts().take("kafka"), Collected()
    assert FixedPorts(reporter, {"kafka": free}).take("kafka") == free
    assert reporter.said == []


def test_a_taken_port_moves_and_that_is_said() -> None:
    wanted, reporter = FreePorts().take("kafka"), Collected()
    with socket.create_server((HOST, wanted)):
        moved = FixedPorts(reporter, {"kafka": wanted}).take("kafka")
    assert moved != wanted
    assert reporter.said == [f"Port {wanted} is taken: kafka listens on {moved} instead."]


def test_two_parts_never_get_one_port() -> None:
    wanted = FreePorts().take("a")
    ports = FixedPorts(Collected(), {"a": wanted, "b": wanted})
    assert ports.take("a") != ports.take("b")


def test_no_free_port_is_an_error_that_names_the_part() -> None:
    last = next(port for port in range(65_535, 55_535, -1) if is_free(port))
    with (
        socket.create_server((HOST, last)),
        pytest.raises(StackError, match=f"no free port for kafka: {last}"),
    ):
        FixedPorts(Collected(), {"kafka": last}).take("kafka")


def test_a_listener_on_all_interfaces_takes_the_port() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104 - this is what is tested
        assert not is_free(server.getsockname()[1])


def test_free_ports_are_free_and_distinct() -> None:
    ports = FreePorts()
    found = [ports.take(f"part {number}") for number in range(20)]
    assert len(set(found)) == 20
    assert all(is_free(port) for port in found)
