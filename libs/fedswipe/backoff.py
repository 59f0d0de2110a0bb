"""What to do with a Retryable: the same again, after a growing wait with jitter, until it works."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

import tenacity

from fedswipe.errors import FedswipeError, Retryable

T = TypeVar("T")
FIRST_SECONDS, MOST_SECONDS = 0.1, 5.0
log = logging.getLogger(__name__)


class Stopped(FedswipeError):
    """The service is being stopped: drop what is held, the log still has it."""


def retry_until_stopped(operation: Callable[[], T], stopping: threading.Event) -> T:
    """Return what `operation` returns; on Retryable wait at random up to min(5 s, 0.1 s x 2^n), and repeat.

    Raises Stopped once `stopping` is set; a wait ends at that moment. Other errors pass.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Retryable),
        wait=tenacity.wait_random_exponential(multiplier=FIRST_SECONDS, max=MOST_SECONDS),
        stop=tenacity.stop_when_event_set(stopping),
        sleep=tenacity.sleep_using_event(stopping),
        before_sleep=_tell,
        reraise=True,
    )
    try:
        return retrying(operation)
    except Retryable as error:
        raise Stopped(f"stopped while waiting for: {error}") from error


def _tell(state: tenacity.RetryCallState) -> None:
    """Log why and when; never the operation, whose arguments may be a whole model."""
    if state.outcome is not None:
        log.warning("again in %.1f s: %s", state.upcoming_sleep, state.outcome.exception())
