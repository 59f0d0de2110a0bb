"""The newest global model of each lineage, fetched and verified: what clients are trained from."""

import logging
import threading
from dataclasses import dataclass

from fedswipe.backoff import Stopped, retry_until_stopped
from fedswipe.chain import Link
from fedswipe.errors import Retryable
from fedswipe.events import GlobalModelPublished, Sha256, Version
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.weights import from_bytes
from fedswipe.modelstore import ContentMismatch, ModelStore, StoreMisconfigured
from fedswipe.swipe.layout import load_layout
from fedswipe.topology import Lineage

NOTICE_SECONDS = 0.1  # how long a lost lease may stay unnoticed; a new model is noticed at once
log = logging.getLogger(__name__)


class HeadUnusable(Retryable):
    """The head's object is wrong or the store refuses us: the old model stays until somebody mends it."""


class Heads:
    """The newest loaded head of each lineage; any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._models: dict[str, BaseModel] = {}

    def put(self, base: BaseModel) -> None:
        """Take a new head."""
        with self._changed:
            self._models[base.lineage.model_id] = base
            self._changed.notify_all()

    def newest(self, model_id: str, lost: threading.Event) -> BaseModel:
        """Return the newest head; wait for the lineage's first one. Raises Stopped once `lost` is set."""
        with self._changed:
            while model_id not in self._models:
                if lost.is_set():
                    raise Stopped(f"{model_id}: stopped while waiting for its first model")
                self._changed.wait(NOTICE_SECONDS)
            return self._models[model_id]

    def version(self, model_id: str) -> Version | None:
        """Return the version of the newest head, None before the first."""
        with self._changed:
            base = self._models.get(model_id)
        return base.version if base else None


@dataclass(frozen=True)
class Published:
    """A head of the chain: its link and the event that it is."""

    link: Link
    event: GlobalModelPublished


class HeadFollower:
    """Fetches what `followed` names; a worker of `lifecycle.serve`. The old head stays meanwhile."""

    def __init__(self, lineage: Lineage, store: ModelStore, heads: Heads) -> None:
        self._lineage = lineage
        self._architecture = Architecture(load_layout(lineage.layout))
        self._store = store
        self._heads = heads
        self._wanted: Published | None = None
        self._changed = threading.Event()
        self._stopping = threading.Event()

    def followed(self, published: Published) -> None:
        """Take note of a new head and return at once: this is the chain reader's thread."""
        self._wanted = published
        self._changed.set()

    def run(self) -> None:
        """Fetch every head that stays the newest long enough, until `stop`."""
        while self._changed.wait() and not self._stopping.is_set():
            self._changed.clear()
            if (wanted := self._wanted) is not None:
                self._follow(wanted)

    def stop(self) -> None:
        """Make `run` return after the try under way."""
        self._stopping.set()
        self._changed.set()

    def _follow(self, wanted: Published) -> None:
        try:
            base = retry_until_stopped(lambda: self._fetch(wanted), self._changed)
        except Stopped:
            return  # a newer head has come, or the end
        self._heads.put(base)
        log.info("%s: training from version %d", self._lineage.model_id, base.version)

    def _fetch(self, wanted: Published) -> BaseModel:
        try:
            weights = from_bytes(self._store.get(wanted.event.model), self._architecture)
        except (ContentMismatch, ValueError, StoreMisconfigured) as error:
            raise HeadUnusable(f"{self._lineage.model_id} version {wanted.link.version}: {error}") from error
        return BaseModel(self._lineage, Version(wanted.link.version), Sha256(wanted.link.sha256), weights)
