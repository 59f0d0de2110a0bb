"""What reaches a lineage's handler, in one order."""

from dataclasses import dataclass

from fedswipe.kafka.record import Record


@dataclass(frozen=True)
class Assigned:
    """The lineage's partition is ours now; reading starts at this offset."""

    start: int


@dataclass(frozen=True)
class Revoked:
    """Another aggregator may have the partition."""


@dataclass(frozen=True)
class Deltas:
    """Records of the partition, in order."""

    records: tuple[Record, ...]


@dataclass(frozen=True)
class Sought:
    """What comes from here on was read after this seek."""

    number: int


@dataclass(frozen=True)
class HeadMoved:
    """The chain has a new head."""


Mail = Assigned | Revoked | Deltas | Sought | HeadMoved
