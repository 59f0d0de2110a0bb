"""What an operator may ask of the predictors: each makes an event, and refuses what would change nothing."""

from typing import Protocol

from fedswipe.chain import Chain, Link
from fedswipe.errors import FedswipeError, Retryable
from fedswipe.events import CanaryBy, LinkRef, ServingChange, ServingChanged
from fedswipe.serving.state import EXPLANATIONS, Canary, Servings, refusal


class ServingLog(Protocol):
    """A lineage's chain and servings, which their holder follows; and a way to append to the servings."""

    @property
    def chain(self) -> Chain:
        """The chain as far as it has been read."""
        ...

    @property
    def servings(self) -> Servings:
        """The servings as far as they have been read."""
        ...

    def append_change(self, event: ServingChanged) -> int:
        """Write the event; return its offset once `servings` has read past it. Raises Retryable."""
        ...


def pin(log_: ServingLog, version: int, reason: str = "") -> int:
    """Serve this version until it is unpinned; return the event's offset. FedswipeError when refused."""
    link = _ref(log_.chain, version)
    return _change(log_, ServingChanged(log_.chain.model_id, ServingChange.PIN, link, reason=reason))


def unpin(log_: ServingLog, reason: str = "") -> int:
    """Follow the head again; return the event's offset. FedswipeError when nothing is pinned."""
    return _change(log_, ServingChanged(log_.chain.model_id, ServingChange.UNPIN, reason=reason))


def start_canary(
    log_: ServingLog,
    version: int | None,
    share: float,
    by: CanaryBy,
    stable: int | None = None,
    reason: str = "",
) -> int:
    """Serve a version (None: the newest) to a share; return the event's offset. FedswipeError when refused.

    The others are served `stable`. When that is not given it is what is stable now: the pinned version or
    the head; where that is the canary itself, the version before it on its line.
    """
    chain = log_.chain
    head = _head(chain)
    link = _ref(chain, version or head.version)
    others = _ref(chain, stable) if stable is not None else _stable(log_, head, link)
    event = ServingChanged(chain.model_id, ServingChange.CANARY, link, others, share, by, reason=reason)
    return _change(log_, event)


def promote(log_: ServingLog, canary: Canary | None = None, reason: str = "") -> int:
    """End the canary (None: the one that is on) well; return the event's offset. FedswipeError when over."""
    return _end(log_, ServingChange.PROMOTE, canary, reason)


def abort(log_: ServingLog, canary: Canary | None = None, reason: str = "") -> int:
    """End the canary (None: the one that is on) and pin the stable version; otherwise as `promote`."""
    return _end(log_, ServingChange.ABORT, canary, reason)


def _end(log_: ServingLog, change: ServingChange, canary: Canary | None, reason: str) -> int:
    canary = canary or log_.servings.state.canary
    offset = canary.offset if canary else None
    return _change(log_, ServingChanged(log_.chain.model_id, change, canary=offset, reason=reason))


def _change(log_: ServingLog, event: ServingChanged) -> int:
    """Write an event that fits what is known, and see whether it still did when its turn came."""
    if (why := refusal(log_.servings.state, event, log_.chain.knows)) is not None:
        raise FedswipeError(EXPLANATIONS[why])
    try:
        offset = log_.append_change(event)
    except Retryable as error:
        raise FedswipeError(f"not known to be written, so look before you try again: {error}") from error
    if offset not in log_.servings.accepted:
        raise FedswipeError("another change came first, and this one no longer fits: look again, then decide")
    return offset


def _stable(log_: ServingLog, head: Link, canary: LinkRef) -> LinkRef:
    state, chain = log_.servings.state, log_.chain
    now = state.stable or head.ref
    if now != canary:
        return now
    link = chain.link(canary.version)
    if state.stable is not None or link is None or link.line == 0:
        raise FedswipeError(f"version {canary.version}: is what everybody is served; try another one")
    return _ref(chain, link.line)


def _head(chain: Chain) -> Link:
    if chain.head is None:
        raise FedswipeError(f"{chain.model_id}: no version is published yet")
    return chain.head


def _ref(chain: Chain, version: int) -> LinkRef:
    if (link := chain.link(version)) is None:
        raise FedswipeError(f"version {version}: {chain.model_id} has versions 1 to {len(chain.links)}")
    return link.ref
