"""Keeps the predictor at its lineage's head: one thread that loads the newest model, never an older one."""

import logging
import threading
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from fedswipe.errors import FedswipeError, Retryable
from fedswipe.modelstore import StoreMisconfigured
from services.predictor.handlers import UNUSABLE, Predictor, Published

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
    """Loads what `followed` names; a worker of `lifecycle.serve`."""

    def __init__(self, predictor: Predictor, back_off: BackOff) -> None:
        self._predictor = predictor
        self._back_off = back_off
        self._newest: Published | None = None
        self._changed = threading.Condition()
        self._stopping = False

    def followed(self, published: Published) -> None:
        """Take note of a new head; returns at once, so it may be called in the chain reader's thread."""
        with self._changed:
            self._newest = published
            self._changed.notify_all()

    def run(self) -> None:
        """Load every head that stays the newest long enough, until `stop`."""
        done: Published | None = None
        while (wanted := self._next(done)) is not None:
            self._load(wanted)
            done = wanted

    def stop(self) -> None:
        """Make `run` return after the try under way."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def _next(self, done: Published | None) -> Published | None:
        with self._changed:
            self._changed.wait_for(lambda: self._outdated(done))
            return None if self._stopping else self._newest

    def _load(self, wanted: Published) -> None:
        for tries in count(1):
            try:
                self._predictor.reload_model(wanted)
            except UNUSABLE as error:
                self._refused(wanted, error, tries)
                return
            except TRIED_AGAIN as error:
                self._refused(wanted, error, tries)
            else:
                log.info("serving version %d, model %s", wanted.link.version, wanted.event.model.sha256)
                return
            with self._changed:
                if self._changed.wait_for(lambda: self._outdated(wanted), self._back_off.seconds(tries)):
                    return

    def _refused(self, wanted: Published, error: FedswipeError, tries: int) -> None:
        before = self._predictor.last_refusal
        refusal = self._predictor.refuse(wanted, error, tries)
        if before is None or (before.version, before.reason) != (refusal.version, refusal.reason):
            log.warning("version %d is not served: %s", refusal.version, refusal.reason)

    def _outdated(self, wanted: Published | None) -> bool:
        return self._stopping or self._newest is not wanted
