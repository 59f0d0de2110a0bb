"""Deltas that retention has deleted: links that follow each other are one finding."""

from fedswipe.audit.finding import Findings, expired
from fedswipe.events import OffsetRange
from fedswipe.topology import WEIGHT_DELTAS


class GoneDeltas:
    """Collects the links that can no longer be recomputed."""

    def __init__(self, findings: Findings, partition: int) -> None:
        self.any = False
        self._findings = findings
        self._partition = partition
        self._versions: tuple[int, int] | None = None
        self._offsets = (0, 0)

    def add(self, version: int, start: int, end: int, first_kept: int) -> None:
        """Note that of a version's deltas [start, end) those before `first_kept` are gone."""
        self.any = True
        if self._versions is not None and version > self._versions[1] + 1:
            self.close()
        first, begin = (self._versions[0], self._offsets[0]) if self._versions else (version, start)
        self._versions, self._offsets = (first, version), (begin, min(end, first_kept))

    def close(self) -> None:
        """Say so, if there were any."""
        if self._versions is None:
            return
        (first, last), (start, end) = self._versions, self._offsets
        where = f"{WEIGHT_DELTAS.name}[{self._partition}]"
        detail = (
            f"deltas [{start}, {end}) of versions {first} to {last} are no longer in {where}: retention "
            f"deleted them and no archive has them; --from {last + 1} starts behind them"
        )
        self._versions = None
        offsets = OffsetRange(self._partition, start, end)
        self._findings.add(expired("deltas_gone", detail, first, topic=WEIGHT_DELTAS.name, offsets=offsets))
