"""A service ends when one of its workers does, and says why."""

import threading

import pytest

from fedswipe import lifecycle
from fedswipe.lifecycle import serve
from fedswipe.local.ports import FreePorts

HOST = "127.0.0.1"


class Fails:
    def run(self) -> None:
        raise KeyError("why")

    def stop(self) -> None:
        pass


class Stops:
    def __init__(self) -> None:
        self.stopped = threading.Event()

    def run(self) -> None:
        self.stopped.wait(10)

    def stop(self) -> None:
        self.stopped.set()


class Hangs(Stops):
    def stop(self) -> None:
        pass


async def app(scope: object, receive: object, send: object) -> None:
    """Answers nothing."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "WORKERS_STOP_SECONDS", 0.1)


def test_the_error_of_a_worker_ends_the_service_and_stops_the_others() -> None:
    other = Stops()
    with pytest.raises(KeyError, match="why"):
        serve(app, HOST, FreePorts().take("http"), [other, Fails()])
    assert other.stopped.is_set()


def test_a_worker_that_cannot_stop_does_not_hide_the_error_of_another() -> None:
    with pytest.raises(KeyError, match="why"):
        serve(app, HOST, FreePorts().take("http"), [Hangs(), Fails()])


def test_a_worker_that_does_not_stop_in_time_is_named() -> None:
    class Ends(Stops):
        def run(self) -> None:
            pass

    with pytest.raises(TimeoutError, match="Hangs: did not stop"):
        serve(app, HOST, FreePorts().take("http"), [Ends(), Hangs()])


def test_it_says_that_it_closes_before_it_stops_its_workers() -> None:
    said: list[bool] = []

    class Ends(Stops):
        def run(self) -> None:
            pass

    other = Stops()
    serve(app, HOST, FreePorts().take("http"), [Ends(), other], lambda: said.append(other.stopped.is_set()))
    assert said == [False]
