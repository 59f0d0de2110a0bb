"""One call that proves a run from topics and store alone, for a loop at rest."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fedswipe import codec
from fedswipe.chain import Chain
from fedswipe.errors import FedswipeError
from fedswipe.events import DeadLettered, GlobalModelPublished
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.log_range import read_range
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.testing.account import Account, settle_account
from fedswipe.testing.chaos.cast import REPEAT_SPAN
from fedswipe.testing.chaos.crowd import Sent
from fedswipe.testing.chaos.stamps import not_by_broker
from fedswipe.testing.lineage_log import add_link
from fedswipe.testing.proof import prove_chain
from fedswipe.testing.running_loop import RunningLoop
from fedswipe.topology import GLOBAL_MODELS, WEIGHT_DELTAS, Lineage, dead_letters


@dataclass(frozen=True)
class Published:
    """What the log says of a lineage: its links, and the events that fell off, as those of a zombie do.

    `refused`: deltas by the reason that their dead letter gives.
    """

    links: int
    fallen: int
    folded: int
    refused: Mapping[str, int]


@dataclass(frozen=True)
class Proof:
    """The account of the swipes, the figures of the chain, and everything that could not be proved.

    `audit`: the verdict of `fedswipe audit verify`.
    """

    account: Account
    published: Published
    audit: str
    broken: tuple[str, ...]


def prove(loop: RunningLoop, sent: Sent, since: float) -> Proof:
    """Settle the account, recompute every model byte for byte, and look at whose clock stamped the swipes.

    since: when the run began, in epoch seconds. What is wrong is told, not raised.
    """
    account = settle_account(loop.kafka, loop.store, sent.with_word, sent.without_word)
    stamps = [f"swipe at {found}" for found in not_by_broker(loop.kafka, since)]
    audit, findings = _audit(loop)
    broken = (*account.broken, *stamps, *findings)
    return Proof(account, published(loop.kafka, loop.lineage), audit, broken)


def published(kafka: KafkaSettings, lineage: Lineage) -> Published:
    """Read the lineage's global models and the dead letters of its deltas."""
    chain, folded, records = Chain(lineage.model_id, lineage.partition), 0, 0
    end = Admin(kafka).ends(GLOBAL_MODELS)[lineage.partition]
    for record in read_range(kafka, GLOBAL_MODELS, lineage.partition, 0, end):
        records += 1
        if link := add_link(chain, record.value or b"", record.offset):
            event: GlobalModelPublished = chain.event(link.version)
            folded += event.folded
    refused = Counter(dict(_reasons(kafka, lineage)).values())
    return Published(len(chain.links), records - len(chain.links), folded, refused)


def _reasons(kafka: KafkaSettings, lineage: Lineage) -> Iterator[tuple[int, str]]:
    """Yield each refused delta's offset and reason; a letter holds a whole delta, so none is kept."""
    letters = dead_letters(WEIGHT_DELTAS)
    end = Admin(kafka).ends(letters)[lineage.partition]
    for record in read_range(kafka, letters, lineage.partition, 0, end):
        letter = codec.decode(DeadLettered, record.value, codec.PackagedSchemas())
        yield letter.offset, letter.reason


def _audit(loop: RunningLoop) -> tuple[str, tuple[str, ...]]:
    """Return the audit's verdict, and what is wrong unless it is proven without a finding."""
    try:
        report = prove_chain(loop.kafka, loop.store, loop.lineage, REPEAT_SPAN)
    except (AssertionError, FedswipeError) as error:
        return "not proven", (f"audit verify: {type(error).__name__}: {error}",)
    return report.outcome.value, ()
