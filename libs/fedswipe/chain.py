"""A lineage's chain of global models: which published events are links (rule 1, "the log decides").

An event is accepted only if it names the head (by the SHA-256 of the head's bytes), follows its
version and starts where the head ends; the first in the log wins. Nothing else has a say, so all
readers of the same log agree. Pure: bytes in, links out.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fedswipe.codec import build
from fedswipe.events import GlobalModelPublished, LinkRef, ModelId, Sha256, Version

RECENT = 256  # links whose whole event is kept; of the older ones just what acceptance needs


@dataclass(frozen=True, slots=True)
class Link:
    """An accepted event: what is kept of every one. About 320 bytes, so that 100,000 of them fit anywhere.

    `offset` is its place in the log, `end` where the next link's deltas start, `line` the version whose
    model this one continues (0 for version 1).
    """

    version: int
    sha256: Sha256
    offset: int
    end: int
    line: int

    @property
    def ref(self) -> LinkRef:
        """Return what names it in other events."""
        return LinkRef(Version(self.version), self.sha256)


class Chain:
    """The accepted links of a prefix of the log: equal prefixes give equal chains."""

    def __init__(self, model_id: ModelId, partition: int) -> None:
        self.model_id = model_id
        self.partition = partition
        self.links: list[Link] = []
        self._recent: dict[int, dict[str, Any]] = {}

    @property
    def head(self) -> Link | None:
        """The newest accepted link, None before the lineage's first model."""
        return self.links[-1] if self.links else None

    def refusal(self, record: Mapping[str, Any]) -> str | None:
        """Say why this event (its fields) is not the head's child, or None when it is."""
        head, ranges = self.head, record["ranges"]
        if record["model_id"] != self.model_id:
            return "other_model"
        if len(ranges) != 1 or ranges[0]["partition"] != self.partition:
            return "other_partition"
        start, end = ranges[0]["start"], ranges[0]["end"]
        if record["version"] != (head.version + 1 if head else 1):
            return "not_the_next_version"
        if record["parent"] != (head.sha256 if head else ""):
            return "other_parent"
        if start != (head.end if head else end):
            return "does_not_start_at_the_heads_end"
        if not 0 <= start <= end:
            return "range_runs_backwards"
        target = record["rollback_to"]
        if target is not None and not (head and 1 <= target <= head.version and start == end):
            return "not_a_rollback"
        return None

    def add(self, data: bytes, record: dict[str, Any], offset: int) -> Link | None:
        """Take the next event of the log (its bytes and its fields); return its link if it is accepted."""
        if self.refusal(record) is not None:
            return None
        version: int = record["version"]
        line: int = version - 1 if record["rollback_to"] is None else record["rollback_to"]
        sha256 = Sha256(hashlib.sha256(data).hexdigest())
        link = Link(version, sha256, offset, record["ranges"][0]["end"], line)
        self.links.append(link)
        self._recent[version] = record
        self._recent.pop(version - RECENT, None)
        return link

    def link(self, version: int) -> Link | None:
        """Return the accepted link of a version, None where there is none."""
        return self.links[version - 1] if 1 <= version <= len(self.links) else None

    def knows(self, ref: LinkRef) -> bool:
        """Tell whether this is a link of the chain."""
        link = self.link(ref.version)
        return link is not None and link.sha256 == ref.sha256

    def event(self, version: int) -> GlobalModelPublished:
        """Return the whole event of one of the newest RECENT links; KeyError for any other version."""
        record = self._recent[version]
        return build(GlobalModelPublished, {**record, "ranges": [dict(r) for r in record["ranges"]]})

    def line(self, link: Link) -> Iterator[Link]:
        """Walk back the links whose training this one continues, itself first, rolled-back ones left out."""
        at: Link | None = link
        while at is not None:
            yield at
            at = self.link(at.line)

    def settling(self, link: Link) -> Link:
        """Return the newest link up to this one that settles records: rollbacks on top of it settle none.

        Whoever published on it had its letters written before; whoever rolled it back may not have.
        """
        while (parent := self.link(link.version - 1)) is not None and parent.end == link.end:
            link = parent
        return link
