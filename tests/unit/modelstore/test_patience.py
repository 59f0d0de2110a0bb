import threading
from contextlib import suppress

import pytest

from fedswipe.modelstore import ObjectMissing, StoreUnavailable
from fedswipe.modelstore.patience import GuardedCalls, Patience


class Server:
    """Fails `failures` times with StoreUnavailable, then answers."""

    def __init__(self, failures: int) -> None:
        self.failures, self.tries = failures, 0

    def __call__(self) -> str:
        self.tries += 1
        if self.tries <= self.failures:
            raise StoreUnavailable(f"failure {self.tries}")
        return "answer"


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def calls(waits: list[float]) -> GuardedCalls:
    return GuardedCalls(Patience(failures=20, sleep=waits.append))


def test_a_passing_failure_is_not_seen(calls: GuardedCalls, waits: list[float]) -> None:
    assert calls.call(Server(failures=3)) == "answer"
    assert len(waits) == 3


def test_waits_are_random_and_capped(calls: GuardedCalls, waits: list[float]) -> None:
    assert calls.call(Server(failures=12)) == "answer"
    bounds = [min(2.0, 0.1 * 2**number) for number in range(12)]
    assert all(0 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))
    assert len(set(waits)) == 12


def test_after_the_bound_the_failure_is_told() -> None:
    server = Server(failures=99)
    calls = GuardedCalls(Patience(total=0.0, failures=20))
    with pytest.raises(StoreUnavailable, match="failure 1"):
        calls.call(server)
    assert server.tries == 1


def test_an_answer_that_is_no_failure_is_passed_on_at_once(calls: GuardedCalls, waits: list[float]) -> None:
    def missing() -> None:
        raise ObjectMissing("gone")

    for _ in range(30):
        with pytest.raises(ObjectMissing):
            calls.call(missing)
    assert waits == []
    assert calls.state == "closed"


def test_failures_in_a_row_open_the_circuit_and_end_the_retries(waits: list[float]) -> None:
    calls, server = GuardedCalls(Patience(failures=3, open_for=60.0, sleep=waits.append)), Server(failures=99)
    with pytest.raises(StoreUnavailable, match="failure 3"):
        calls.call(server)
    assert calls.state == "open"
    with pytest.raises(StoreUnavailable, match="the circuit is open after 3 failures"):
        calls.call(server)
    assert server.tries == 3


@pytest.mark.parametrize(("failures", "state"), [(3, "closed"), (4, "open")])
def test_after_a_while_one_try_decides(failures: int, state: str) -> None:
    calls, server = GuardedCalls(Patience(failures=3, open_for=0.0, sleep=lambda _: None)), Server(failures)
    with pytest.raises(StoreUnavailable):
        calls.call(server)
    assert calls.state == "open"
    with suppress(StoreUnavailable):
        calls.call_once(server)
    assert server.tries == 4
    assert calls.state == state


def test_a_success_in_between_keeps_the_circuit_closed() -> None:
    calls = GuardedCalls(Patience(failures=3, sleep=lambda _: None))
    for _ in range(5):
        assert calls.call(Server(failures=2)) == "answer"
    assert calls.state == "closed"


def test_a_slow_call_does_not_hold_up_another() -> None:
    calls = GuardedCalls(Patience())
    both = threading.Barrier(2, timeout=10.0)  # broken unless both calls are inside at once
    threads = [threading.Thread(target=lambda: calls.call(both.wait)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both.broken
