"""Looking again and again whether something that cannot call back is so, until a deadline."""

import time
from collections.abc import Callable

SECONDS_BETWEEN = 0.02


def poll(reached: Callable[[], bool], seconds: float) -> bool:
    """Look until `reached` says yes, at most `seconds`, and at least once; say whether it did."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() >= deadline:
            return False
        time.sleep(SECONDS_BETWEEN)
    return True
