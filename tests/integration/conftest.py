"""Both ways to start Kafka and the object store, for what holds for each."""

import os

import pytest

from fedswipe.local.choose import STACK, Choice, decide


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take both ways, or the one that STACK names."""
    if "choice" in metafunc.fixturenames:
        wanted = os.environ.get(STACK) or "auto"
        ways = [way for way in ("native", "containers") if wanted in ("auto", way)]
        metafunc.parametrize("choice", ways, indirect=True, scope="session")


@pytest.fixture(scope="session")
def choice(request: pytest.FixtureRequest) -> Choice:
    """Processes, or containers, where an engine answers."""
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
