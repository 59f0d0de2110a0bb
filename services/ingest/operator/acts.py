"""The operator's acts on a lineage, by the code that `fedswipe models` uses too."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from fedswipe.events import CanaryBy
from fedswipe.modelstore.port import ModelStore
from fedswipe.serving import changes
from fedswipe.serving.operator_log import OperatorLog
from fedswipe.serving.rollback import roll_back
from fedswipe.topology import Lineage

OpenLog = Callable[[Lineage], AbstractContextManager[OperatorLog]]
REASON = "by the pipeline's page"  # stands in the log


@dataclass(frozen=True)
class Acts:
    """Each opens the lineage's log, reads it to its end, and acts. They block.

    All raise FedswipeError when refused, Retryable when the log or the store cannot be reached.
    """

    open_log: OpenLog

    def rollback(self, line: Lineage, store: ModelStore, version: int) -> int:
        """Publish an older version's content as the newest version; return that version."""
        with self.open_log(line) as log:
            return roll_back(log, store, version).version

    def pin(self, line: Lineage, version: int) -> None:
        """Have this version served until it is unpinned."""
        with self.open_log(line) as log:
            changes.pin(log, version, REASON)

    def unpin(self, line: Lineage) -> None:
        """Have the head followed again."""
        with self.open_log(line) as log:
            changes.unpin(log, REASON)

    def canary(self, line: Lineage, version: int, share: float) -> None:
        """Have a version served to a share of the clients."""
        with self.open_log(line) as log:
            changes.start_canary(log, version, share, CanaryBy.CLIENT, reason=REASON)

    def promote(self, line: Lineage) -> None:
        """End the canary well: its version is followed, or pinned where one was pinned before."""
        with self.open_log(line) as log:
            changes.promote(log, reason=REASON)

    def abort(self, line: Lineage) -> None:
        """End the canary and pin the stable version."""
        with self.open_log(line) as log:
            changes.abort(log, reason=REASON)
