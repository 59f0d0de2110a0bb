"""What becomes of one record of a window: folded, or refused for one of these reasons."""

from enum import StrEnum


class Verdict(StrEnum):
    """Stable codes, in manifests and dead letters.

    A verdict rests on chain, range, recipe and a prefix of the clients' topic alone, but for WITNESSED ones.
    """

    FOLDED = "folded"
    UNREADABLE = "unreadable"
    OTHER_MODEL = "other_model"
    STALE = "stale"
    UNKNOWN_BASE = "unknown_base"
    ROLLED_BACK = "rolled_back"
    SEEN = "seen"
    FORGOTTEN = "forgotten"
    CLIENT_SEEN = "client_seen"
    MIXED_CLIENTS = "mixed_clients"
    NO_EXAMPLES = "no_examples"
    MISSHAPEN = "misshapen"
    MISSING_CONTENT = "missing_content"
    CHANGED_CONTENT = "changed_content"
    NOT_FINITE = "not_finite"
    OVER_RANGE = "over_range"
    OVER_NORM = "over_norm"


# What the store lacked when a window was folded: the manifest is the evidence of it (ADR 0020).
WITNESSED = frozenset({Verdict.MISSING_CONTENT, Verdict.CHANGED_CONTENT})
# A letter would keep a copy of what is to go, and ask an operator for what nobody is to do.
UNLETTERED = frozenset({Verdict.FOLDED, Verdict.FORGOTTEN})
EXPLANATIONS = {
    Verdict.UNREADABLE: "value: not a DeltaComputed event with just one of payload and content",
    Verdict.OTHER_MODEL: "model_id: another lineage's; send it to that lineage's partition",
    Verdict.STALE: "base_version: too old; train again from the head",
    Verdict.UNKNOWN_BASE: "base_link: not a link of this lineage's chain; train from the head",
    Verdict.ROLLED_BACK: "base_link: a rollback left it behind; train again from the head",
    Verdict.SEEN: "delta_id: folded before; nothing is to be done",
    Verdict.FORGOTTEN: "client_id: asked to be forgotten; whoever comes back takes another id",
    Verdict.CLIENT_SEEN: "client_id: a private window takes one delta of a client; wait for the next window",
    Verdict.MIXED_CLIENTS: "codec: may hold rests of other clients; a private window takes FP32 and FP16",
    Verdict.NO_EXAMPLES: "examples: must be at least 1 and below 2^31",
    Verdict.MISSHAPEN: "payload or content: its form or name does not fit the codec and the model",
    Verdict.MISSING_CONTENT: "content: the store has no such object; store it, then send the delta again",
    Verdict.CHANGED_CONTENT: "content: the stored object is not what its name says; mend it, then send again",
    Verdict.NOT_FINITE: "payload: holds NaN or infinity; lower the learning rate",
    Verdict.OVER_RANGE: "payload: a value is above the recipe's max_value; clip the update",
    Verdict.OVER_NORM: "payload: its L2 norm is above the recipe's max_norm; clip the update",
}
