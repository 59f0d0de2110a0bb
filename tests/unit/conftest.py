import sys

import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Torch computes in the thread that calls it, as it does in the services: tests run side by side."""
    if "torch" in sys.modules:  # the tests that need it have imported it by now
        sys.modules["torch"].set_num_threads(1)
