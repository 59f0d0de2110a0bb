"""How long a store is given: retries with capped exponential back-off, a circuit breaker around each try."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

import pybreaker
import tenacity

from fedswipe.modelstore.port import StoreUnavailable

T = TypeVar("T")
BreakerState = Literal["closed", "open", "half-open"]


@dataclass(frozen=True)
class Patience:
    """Bounds, in seconds unless said otherwise.

    Waits before a retry are drawn from [0, min(wait_cap, wait_first x 2^n)] ("full jitter", AWS architecture
    blog, 2015) and no retry begins after `total`. After `failures` failed tries in a row nothing is tried for
    `open_for`; then one success closes the circuit and one failure opens it again.
    """

    total: float = 15.0
    wait_first: float = 0.1
    wait_cap: float = 2.0
    failures: int = 5
    open_for: float = 5.0
    sleep: Callable[[float], None] = time.sleep


class GuardedCalls:
    """Calls through retries and a breaker. Other errors than StoreUnavailable pass at once: it answered."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._storage = pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)

    @property
    def state(self) -> BreakerState:
        """Return the breaker's state, for /ready."""
        return cast(BreakerState, self._storage.state)

    def call(self, operation: Callable[[], T]) -> T:
        """Return what `operation` returns; on StoreUnavailable try again, up to the bound or open circuit."""
        patience, late = self._patience, tenacity.stop_before_delay(self._patience.total)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(StoreUnavailable),
            wait=tenacity.wait_random_exponential(multiplier=patience.wait_first, max=patience.wait_cap),
            stop=lambda attempt: self.state == pybreaker.STATE_OPEN or late(attempt),
            sleep=patience.sleep,
            reraise=True,
        )
        return self._open_is_unavailable(lambda: retrying(lambda: self._breaker().call(operation)))

    def call_once(self, operation: Callable[[], T]) -> T:
        """As `call`, with a single try."""
        return self._open_is_unavailable(lambda: self._breaker().call(operation))

    def _breaker(self) -> pybreaker.CircuitBreaker:
        """Return a breaker over the one shared state: a breaker holds its lock while a call runs, so threads
        that shared one would wait for each other's time-outs."""
        return pybreaker.CircuitBreaker(
            fail_max=self._patience.failures,
            reset_timeout=self._patience.open_for,
            exclude=[lambda error: not isinstance(error, StoreUnavailable)],
            state_storage=self._storage,
            throw_new_error_on_trip=False,
        )

    def _open_is_unavailable(self, attempt: Callable[[], T]) -> T:
        try:
            return attempt()
        except pybreaker.CircuitBreakerError as error:
            raise StoreUnavailable(
                f"the circuit is open after {self._patience.failures} failures in a row; "
                f"next try within {self._patience.open_for:g} s"
            ) from error
