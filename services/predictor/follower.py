"""Keeps the predictor at what chain and servings ask for: one thread that loads what is missing."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from fedswipe.errors import FedswipeError, Retryable
from fedswipe.events import LinkRef
from fedswipe.modelstore import StoreMisconfigured
from fedswipe.serving.state import ServingState
from services.predictor.handlers import UNUSABLE, Predictor, Published
from services.predictor.serving import Wanted

# A store that refuses us may be mended by its operator while the old model answers.
TRIED_AGAIN: tuple[type[FedswipeError], ...] = (Retryable, StoreMisconfigured)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BackOff:
    """Waits before the next try: from half of min(cap, first x 2^tries) to all of it, in seconds."""

    first: float = 0.1
    cap: float = 10.0
    random: np.random.Generator = field(default_factory=np.random.default_rng)

    def seconds(self, tries: int) -> float:
        """Draw the wait after this many failed tries (1 or more)."""
        most = min(self.cap, self.first * 2.0 ** min(tries - 1, 30))
        return float(self.random.uniform(most / 2, most))


class ModelFollower:
    """Loads what `followed` and `serving_changed` ask for together; a worker of `lifecycle.serve`.

    Nothing is loaded before both have been heard of, so that a pinned predictor never starts with the head.
    `find` returns a version's event, however old; it may raise Retryable.
    """

    def __init__(self, predictor: Predictor, back_off: BackOff, find: Callable[[LinkRef], Published]) -> None:
        self._predictor = predictor
        self._back_off = back_off
        self._find = find
        self._head: LinkRef | None = None
        self._state: ServingState | None = None
        self._changed = threading.Condition()
        self._stopping = False

    def followed(self, head: LinkRef) -> None:
        """Take note of a new head; returns at once, so it may be called in the chain reader's thread."""
        with self._changed:
            self._head = head
            self._changed.notify_all()

    def serving_changed(self, state: ServingState) -> None:
        """Take note of a new serving state; returns at once, too."""
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def run(self) -> None:
        """Load all that stays wanted long enough, until `stop`."""
        done: Wanted | None = None
        while (wanted := self._next(done)) is not None:
            self._serve(wanted)
            done = wanted

    def stop(self) -> None:
        """Make `run` return after the try under way."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def _wanted(self) -> Wanted | None:
        head, state = self._head, self._state
        if state is None or (stable := state.stable or head) is None:
            return None
        return Wanted(stable, state.canary, state.pinned)

    def _next(self, done: Wanted | None) -> Wanted | None:
        with self._changed:
            self._changed.wait_for(lambda: self._outdated(done))
            return None if self._stopping else self._wanted()

    def _serve(self, wanted: Wanted) -> None:
        """Load what is missing, and again what may come later, until another thing is wanted."""
        given_up: set[LinkRef] = set()
        for tries in count(1):
            missing = [link for link in self._predictor.arrange(wanted) if link not in given_up]
            given_up |= {link for link in missing if self._load(link, wanted, tries)}
            if given_up.issuperset(self._predictor.arrange(wanted)):
                return
            with self._changed:
                if self._changed.wait_for(lambda: self._outdated(wanted), self._back_off.seconds(tries)):
                    return

    def _load(self, link: LinkRef, wanted: Wanted, tries: int) -> bool:
        """Try to load one version; tell whether trying again would not help."""
        try:
            self._predictor.reload_model(self._find(link), wanted)
        except UNUSABLE as error:
            self._refused(link, error, tries)
            return True
        except TRIED_AGAIN as error:
            self._refused(link, error, tries)
        else:
            log.info("version %d is loaded", link.version)
        return False

    def _refused(self, link: LinkRef, error: FedswipeError, tries: int) -> None:
        before = self._predictor.last_refusal
        refusal = self._predictor.refuse(link, error, tries)
        if before is None or (before.version, before.reason) != (refusal.version, refusal.reason):
            log.warning("version %d is not served: %s", refusal.version, refusal.reason)

    def _outdated(self, wanted: Wanted | None) -> bool:
        return self._stopping or self._wanted() != wanted
