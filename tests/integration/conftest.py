"""Both ways to start Kafka and the object store, for what holds for each."""

import os

import pytest

from fedswipe.local.choose import STACK, Choice, decide


@pytest.fixture(scope="session", params=["native", "containers"])
def choice(request: pytest.FixtureRequest) -> Choice:
    """Processes, and containers where an engine answers; STACK may leave out one."""
    wanted = os.environ.get(STACK) or "auto"
    if wanted not in ("auto", request.param):
        pytest.skip(f"{STACK}={wanted}")
    if request.param == "native":
        return Choice("a test of processes")
    found = decide(os.environ)
    if found.engine is None:
        pytest.skip(found.why)
    return found


@pytest.fixture(scope="session")
def ways(choice: Choice) -> dict[str, str]:
    """The variables that make `up` choose so."""
    return {STACK: choice.kind, **({"DOCKER_HOST": choice.engine.address} if choice.engine else {})}
