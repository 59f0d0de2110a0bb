"""A rollback: one more link of the chain, with an older version's content (rule 1 decides over it too)."""

import hashlib
import logging
from dataclasses import replace
from typing import Protocol

from fedswipe import codec
from fedswipe.chain import Chain, Link
from fedswipe.errors import FedswipeError, Retryable
from fedswipe.events import ClosedBy, GlobalModelPublished, ObjectRef, Version
from fedswipe.learning.manifest import Manifest
from fedswipe.modelstore.port import ModelStore

TRIES = 8  # each is lost only to an aggregator that published in between, or to a broker that is away
log = logging.getLogger(__name__)


class ChainLog(Protocol):
    """A chain that its holder follows, and may append to."""

    @property
    def chain(self) -> Chain:
        """The chain as far as it has been read."""
        ...

    def event(self, version: int) -> GlobalModelPublished:
        """Return the event of any version of the chain, however old. Raises Retryable."""
        ...

    def append_link(self, data: bytes) -> None:
        """Write a link and return once the chain has read past it.

        Raises Retryable when that is not seen in time: the link may be in the log all the same.
        """
        ...


def rollback(
    head: Link, newest: GlobalModelPublished, old: GlobalModelPublished, manifest: ObjectRef
) -> GlobalModelPublished:
    """Return the head's child that takes an older version's model and optimiser state back.

    `newest` is the head's event, `manifest` the reference of an empty manifest: it settles no record.
    """
    return replace(
        newest,
        version=Version(head.version + 1),
        parent=head.sha256,
        ranges=(replace(newest.ranges[0], start=head.end, end=head.end),),
        model=old.model,
        optimizer=old.optimizer,
        manifest=manifest,
        folded=0,
        refused=0,
        examples=0,
        closed_by=ClosedBy.ROLLBACK,
        rollback_to=old.version,
        noise=None,  # `privacy` stays the head's: what was told cannot be taken back
    )


def roll_back(log_: ChainLog, store: ModelStore, target: int, tries: int = TRIES) -> Link:
    """Publish a rollback to this version and return its link, once it is read back as accepted.

    One that fell off is built again on the new head. Raises FedswipeError when the target is not an older
    version of the chain, when its objects are not in the store, or after so many tries.
    """
    chain = log_.chain
    old = _target(log_, target)
    for ref in (old.model, old.optimizer):
        store.get(ref)  # content first: a link that points nowhere would stop every reader
    manifest = store.put(f"{chain.model_id}/manifests", Manifest(()).to_bytes())
    for _ in range(tries):
        head = chain.links[-1]
        event = rollback(head, log_.event(head.version), old, manifest)
        if (link := _append(log_, event)) is not None:
            return link
    raise FedswipeError(
        f"{chain.model_id}: no rollback to version {target} was accepted in {tries} tries: "
        "others published first, or the broker is away; look at `fedswipe models list` and try again"
    )


def _target(log_: ChainLog, target: int) -> GlobalModelPublished:
    chain = log_.chain
    if chain.head is None or chain.link(target) is None:
        raise FedswipeError(f"version {target}: {chain.model_id} has versions 1 to {len(chain.links)}")
    if target == chain.head.version:
        raise FedswipeError(f"version {target}: is the head; give an older one")
    return log_.event(target)


def _append(log_: ChainLog, event: GlobalModelPublished) -> Link | None:
    """Write it and return its link, None where it is not (yet) known to have been accepted.

    The same bytes again are harmless: of two equal links the second falls off.
    """
    data = codec.encode(event)
    try:
        log_.append_link(data)
    except Retryable as error:
        log.warning("version %d: no answer (%s)", event.version, error)
    link = log_.chain.link(event.version)
    return link if link is not None and link.sha256 == hashlib.sha256(data).hexdigest() else None
