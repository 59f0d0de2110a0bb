"""One call that proves a run from topics and store alone, for a loop at rest."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from fedswipe.errors import FedswipeError
from fedswipe.kafka.admin import Admin
from fedswipe.learning.verdict import Verdict
from fedswipe.testing.account import Account, settle_account
from fedswipe.testing.chaos.crowd import Sent
from fedswipe.testing.chaos.stamps import not_by_broker
from fedswipe.testing.proof import prove_chain
from fedswipe.testing.running_loop import RunningLoop
from fedswipe.topology import GLOBAL_MODELS


@dataclass(frozen=True)
class Proof:
    """The account of the swipes, the figures of the chain, and everything that could not be proved.

    `verdicts`: how many deltas were folded, and refused for each reason. `fallen`: published events that are
    no links, as those of a zombie are.
    """

    account: Account
    models: int
    verdicts: Mapping[Verdict, int]
    fallen: int
    broken: tuple[str, ...]


def prove(loop: RunningLoop, sent: Sent, since: float) -> Proof:
    """Settle the account, recompute every model byte for byte, and look at whose clock stamped the swipes.

    since: when the run began, in epoch seconds. Nothing here stops at the first thing that is wrong, but the
    recomputation of a chain.
    """
    account = settle_account(loop.kafka, loop.store, sent.with_word, sent.without_word)
    stamps = [f"swipe at {found}" for found in not_by_broker(loop.kafka, since)]
    written = Admin(loop.kafka).ends(GLOBAL_MODELS)[loop.lineage.partition]
    try:
        replay = prove_chain(loop.kafka, loop.store, loop.lineage)
    except (AssertionError, FedswipeError) as error:
        broken = (*account.broken, *stamps, f"the chain: {type(error).__name__}: {error}")
        return Proof(account, 0, {}, 0, broken)
    links = len(replay.chain.links)
    return Proof(
        account, links, Counter(replay.settled.values()), written - links, (*account.broken, *stamps)
    )
