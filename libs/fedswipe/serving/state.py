"""Which version a lineage's predictors serve: what the operators' ServingChanged events come to (ADR 0018).

An event that does not fit the state before it changes nothing. A version is named by its link's hash, which
nobody knows before the link is in the log, so an event is judged alike by all readers at all times. Pure:
equal prefixes of the log give equal states.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

from fedswipe.events import CanaryBy, LinkRef, ModelId, ServingChange, ServingChanged

Known = Callable[[LinkRef], bool]  # whether this is a link of the lineage's chain
EXPLANATIONS = {
    "other_model": "the event is of another model",
    "no_link": "the change names no version",
    "unknown_version": "no such link in the chain: `fedswipe models list` shows those there are",
    "not_pinned": "nothing is pinned",
    "canary_is_on": "a canary is on: promote or abort it first",
    "no_canary": "no canary is on",
    "other_canary": "the canary that this ends is over already",
    "share_out_of_range": "share: give more than 0 and 1 at most",
    "no_rule": "the canary does not say what its share is a share of",
    "same_version": "the canary and the stable version are the same",
    "other_stable": "another version is stable by now: look again, then decide",
}


def in_share(share: float, *names: str) -> bool:
    """Tell whether these names are among a share in [0, 1] of all names: always alike, a greater one adds."""
    digest = hashlib.sha256("/".join(names).encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2.0**64


@dataclass(frozen=True, slots=True)
class Canary:
    """A version on trial: `offset` is that of its event, `share` in (0, 1] of clients or predictors."""

    link: LinkRef
    share: float
    by: CanaryBy
    offset: int

    def takes(self, client_id: str | None, instance: str) -> bool:
        """Tell whether this client, or this predictor instance, gets the canary; a nameless client does not.

        The answer is the same everywhere and for as long as the version is on trial; a greater share of
        the same version takes nobody out. Other versions are tried on others.
        """
        name = instance if self.by is CanaryBy.PREDICTOR else client_id
        return name is not None and in_share(self.share, self.link.sha256, name)


@dataclass(frozen=True, slots=True)
class ServingState:
    """`stable` is None while predictors follow the head. With a canary, `pinned` is what it was before."""

    stable: LinkRef | None = None
    pinned: bool = False
    canary: Canary | None = None


def refusal(state: ServingState, event: ServingChanged, known: Known) -> str | None:
    """Say why an event does not fit this state (a code of EXPLANATIONS), or None when it does."""
    match event.change:
        case ServingChange.PIN:
            return _refused_link(event.link, known)
        case ServingChange.UNPIN:
            if state.canary is not None:
                return "canary_is_on"
            return None if state.pinned else "not_pinned"
        case ServingChange.CANARY:
            return _refused_link(event.link, known) or _refused_canary(state, event, known)
        case ServingChange.PROMOTE | ServingChange.ABORT:
            if state.canary is None:
                return "no_canary"
            return None if state.canary.offset == event.canary else "other_canary"


def after(state: ServingState, event: ServingChanged, offset: int) -> ServingState:
    """Return the state after an event that `refusal` does not refuse."""
    canary = state.canary
    match event:
        case ServingChanged(change=ServingChange.PIN, link=link):
            return ServingState(link, pinned=True)
        case ServingChanged(
            change=ServingChange.CANARY, link=LinkRef() as link, share=float(share), by=CanaryBy() as by
        ):
            return ServingState(event.stable, state.pinned, Canary(link, share, by, offset))
        case ServingChanged(change=ServingChange.PROMOTE) if canary and state.pinned:
            return ServingState(canary.link, pinned=True)
        case ServingChanged(change=ServingChange.ABORT):
            return ServingState(state.stable, pinned=True)  # the head may be just what was aborted
        case _:
            return ServingState()


def _refused_link(link: LinkRef | None, known: Known) -> str | None:
    if link is None:
        return "no_link"
    return None if known(link) else "unknown_version"


def _refused_canary(state: ServingState, event: ServingChanged, known: Known) -> str | None:
    if event.share is None or not (math.isfinite(event.share) and 0.0 < event.share <= 1.0):
        return "share_out_of_range"
    if event.by is None:
        return "no_rule"
    if event.stable == event.link:
        return "same_version"
    if state.stable is not None and event.stable != state.stable:
        return "other_stable"
    return _refused_link(event.stable, known)


class Servings:
    """A lineage's serving state as of a prefix of the log, and what became of each event."""

    def __init__(self, model_id: ModelId) -> None:
        self.model_id = model_id
        self.state = ServingState()
        self.accepted: list[int] = []  # offsets; operators are few, and so are their events
        self.refused = 0

    def add(self, event: ServingChanged, offset: int, known: Known) -> str | None:
        """Take the next event of the log; say why it changes nothing, or None."""
        why = "other_model" if event.model_id != self.model_id else refusal(self.state, event, known)
        if why is None:
            self.state = after(self.state, event, offset)
            self.accepted.append(offset)
        else:
            self.refused += 1
        return why
