"""Reads a lineage's published events as links, or says why one fell off."""

from collections.abc import Iterator
from dataclasses import dataclass

from fedswipe import codec
from fedswipe.audit.evidence import Evidence
from fedswipe.chain import Chain, Link
from fedswipe.errors import FedswipeError, InvalidMessage
from fedswipe.events import GlobalModelPublished
from fedswipe.kafka.record import Record
from fedswipe.topology import GLOBAL_MODELS


@dataclass(frozen=True, slots=True)
class Fallen:
    """An event that is no link: where it lies, its version if it has one, and why."""

    offset: int
    version: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """An accepted link, whole, and the one it was built on (None for version 1)."""

    link: Link
    event: GlobalModelPublished
    parent: Link | None


def take_link(chain: Chain, record: Record, schemas: codec.SchemaSource) -> Step | Fallen:
    """Offer the log's next record to the chain, as every reader does."""
    try:
        fields = codec.decode_record(GlobalModelPublished, record.value, schemas)
    except InvalidMessage as error:
        return Fallen(record.offset, None, f"unreadable: {error.detail}")
    reason, parent = chain.refusal(fields), chain.head
    link = chain.add(record.value or b"", fields, record.offset)
    if link is None:
        return Fallen(record.offset, fields["version"], reason or "refused")
    return Step(link, chain.event(link.version), parent)


def read_links(chain: Chain, evidence: Evidence) -> Iterator[Step | Fallen]:
    """Walk the lineage's whole topic of global models, from its beginning to the end it has now.

    FedswipeError when its beginning is gone: without it nobody can say which events are links.
    """
    kept = evidence.kept(GLOBAL_MODELS, chain.partition)
    if kept.start > 0:
        raise FedswipeError(
            f"{GLOBAL_MODELS.name}[{chain.partition}]: offsets [0, {kept.start}) are gone, and with them the "
            "chain's beginning; the topic must be kept for ever (retention.ms=-1): audit an export of before"
        )
    for record in evidence.read(GLOBAL_MODELS, chain.partition, 0, kept.end):
        yield take_link(chain, record, evidence.schemas)


def event_of(chain: Chain, version: int, evidence: Evidence) -> GlobalModelPublished:
    """Return the event of any accepted link: the chain's own memory has the newest, the log all."""
    link = chain.link(version)
    if link is None:
        raise FedswipeError(f"version {version}: {chain.model_id} has {len(chain.links)} versions")
    try:
        return chain.event(version)
    except KeyError:
        (record,) = evidence.read(GLOBAL_MODELS, chain.partition, link.offset, link.offset + 1)
        return codec.decode(GlobalModelPublished, record.value, evidence.schemas)
