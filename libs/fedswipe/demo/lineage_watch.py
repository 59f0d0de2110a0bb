"""Watches the lineage while the loop runs: how many models there are, and what went into them."""

import threading
from types import TracebackType
from typing import Self

from fedswipe.chain import Link
from fedswipe.errors import FedswipeError
from fedswipe.events import GlobalModelPublished
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import Lineage


class LineageWatch:
    """Follows the chain in a thread of its own while the context is open."""

    def __init__(self, kafka: KafkaSettings, lineage: Lineage) -> None:
        self._moved = threading.Condition()
        self._reader = ChainReader(kafka, lineage, self._followed)
        self._thread = threading.Thread(target=self._reader.run, name="lineage-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.stop()
        self._thread.join(5)

    @property
    def head(self) -> Link | None:
        """The newest accepted link, None before the first."""
        return self._reader.chain.head

    @property
    def version(self) -> int:
        """The head's version, 0 before the first."""
        return self.head.version if self.head else 0

    def event(self, version: int) -> GlobalModelPublished:
        """Return a recent version's event."""
        return self._reader.chain.event(version)

    def wait_for(self, version: int, seconds: float) -> None:
        """Wait until this version is published; FedswipeError says where to look when it is not in time."""
        with self._moved:
            if not self._moved.wait_for(lambda: self.version >= version, seconds):
                raise FedswipeError(
                    f"no version {version} within {seconds:g} s: `fedswipe status` names the services' logs"
                )

    def _followed(self, _: Link) -> None:
        with self._moved:
            self._moved.notify_all()
