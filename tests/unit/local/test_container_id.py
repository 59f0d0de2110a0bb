from collections.abc import Callable
from typing import Any

import pytest

from fedswipe.local.container_id import ContainerId
from fedswipe.local.errors import EngineError

FakeEngine = Callable[[dict[str, Any]], str]
INSPECT = "GET /containers/0123456789abcdef/json"


def container(engine: str) -> ContainerId:
    return ContainerId(engine, "0123456789abcdef", "fedswipe-kafka-1a2b3c")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ({"Running": True, "ExitCode": 0}, None),
        ({"Running": False, "ExitCode": 0}, 0),
        ({"Running": False, "ExitCode": 143}, 143),
        ({"Running": False, "ExitCode": 137}, -9),
    ],
)
def test_its_status_is_that_of_a_process(fake_engine: FakeEngine, state: object, status: int | None) -> None:
    found = container(fake_engine({INSPECT: (200, {"State": state})}))
    assert found.status() == status
    assert found.alive() == (status is None)


def test_one_that_is_gone_has_ended(fake_engine: FakeEngine) -> None:
    gone = container(fake_engine({}))
    assert gone.status() == -9
    gone.terminate()
    gone.kill_group()
    assert gone.wait_gone(0.0)
    gone.remove()
    gone.remove_data()


def test_without_its_engine_it_does_not_run_and_cannot_be_removed() -> None:
    lost = container("unix:///nowhere/engine.sock")
    assert not lost.alive()
    with pytest.raises(EngineError, match="fedswipe-kafka-1a2b3c cannot be removed: no engine answers"):
        lost.remove()


def test_data_that_another_container_uses_are_not_passed_over(fake_engine: FakeEngine) -> None:
    in_use = {"DELETE /volumes/fedswipe-kafka-1a2b3c": (409, {"message": "volume is in use"})}
    with pytest.raises(EngineError, match="volume is in use"):
        container(fake_engine(in_use)).remove_data()


def test_it_is_shown_as_docker_shows_it() -> None:
    assert container("").short == "0123456789ab"
    assert container("").log == "docker logs fedswipe-kafka-1a2b3c"
