"""Fixtures that every kind of test may use."""

import gc
import os
import sys
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from fedswipe.local.addresses import KAFKA, S3
from fedswipe.local.choose import decide
from fedswipe.local.errors import StackError
from fedswipe.local.stack import Stack
from fedswipe.testing.stacks import shared_stack

# How many examples a property is tried with; a test may say another number for itself. On a busy machine
# each takes longer, which fails none.
settings.register_profile(
    "fedswipe",
    max_examples=int(os.environ.get("FEDSWIPE_RUNS", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fedswipe")
# What any bytes may be given to: the same inputs each time, unless a number of them is asked for.
settings.register_profile(
    "decoders",
    max_examples=int(os.environ.get("FEDSWIPE_RUNS", "25")),
    deadline=None,
    derandomize="FEDSWIPE_RUNS" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One real Kafka and one real S3 server for the whole session; use topics and buckets of your own.

    They are those of FEDSWIPE_KAFKA and FEDSWIPE_S3 when set, else as STACK says: `containers` of an engine,
    `native` processes, or `auto`, which takes containers when an engine answers. A test that stops or kills
    one of them, or needs them empty, takes an `own_stack` of fedswipe.testing.stacks.
    """
    with shared_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Torch computes in the thread that calls it, as it does in the services: tests run side by side."""
    if "torch" in sys.modules:  # the tests that need it have imported it by now
        sys.modules["torch"].set_num_threads(1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without collecting garbage, which then leaves out what was imported, and comes more seldom."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000)
        gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured: each says it by `record_property("measured", ...)`."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    for line in [said for one in reports for name, said in one.user_properties if name == "measured"]:
        terminalreporter.write_line(f"measured: {line}")


def pytest_report_header() -> list[str]:
    """Say which Kafka and S3 server tests use, and why. What is wrong there fails those that need them."""
    try:
        how = str(decide(os.environ))
    except StackError as error:
        how = str(error)
    return [f"stack: {how}", *(f"{name}: {os.environ[name]}" for name in (KAFKA, S3) if os.environ.get(name))]
