"""Whatever a trainer does by its rules is proven, and one swipe more or less in any delta is not."""

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedswipe import codec
from fedswipe.audit.evidence import Kept
from fedswipe.audit.finding import Kind
from fedswipe.audit.hindsight import Hindsight
from fedswipe.audit.swipe_classes import classify
from fedswipe.audit.swipe_ledger import Claim, Expected, SwipeLedger
from fedswipe.dead_letters.retries import Before, SwipeLetters
from fedswipe.events import ClientId, ModelId, OffsetRange
from fedswipe.forgotten_clients import NOBODY, Forgotten
from fedswipe.recent_swipes import RecentSwipes
from fedswipe.topology import SWIPES
from fedswipe.training_examples import sort_swipes

if TYPE_CHECKING:
    from conftest import Lineage

SPAN, PARTITION = 4, 3
EVE = Forgotten(1, {ClientId("eve"): 0})
kinds = st.sampled_from(["a", "b", "c", "no word", "tap", "junk", "eve", "eve, wrong"])
logs = st.lists(kinds, min_size=1, max_size=25)


def write(lineage: "Lineage", log: list[str]) -> None:
    """Write swipes; the same letter is the same swipe again."""
    lineage.evidence.records[SWIPES.name, PARTITION].clear()
    lineage.evidence.ends[SWIPES.name, PARTITION] = 0
    for number, kind in enumerate(log):
        if kind == "junk":
            lineage.raw_swipe(b"junk")
        elif kind == "no word":
            lineage.swipe("ann", f"{number}", None)
        elif kind == "tap":
            lineage.swipe("ann", f"{number}", points=1)
        elif kind.startswith("eve"):
            lineage.swipe("eve", f"{number}", "a wrong word" if kind.endswith("wrong") else "hello")
        else:
            lineage.swipe("ann", kind)


def train(lineage: "Lineage", log: list[str], cuts: list[int], knew: int) -> tuple[list[Claim], list[int]]:
    """Do what trainers do, range by range: return what deltas name (by client), and what has letters.

    From the range at offset `knew` on they know that eve is forgotten.
    """
    recent, claims, letters = RecentSwipes(SPAN, 0, ()), list[Claim](), list[int]()
    for start, end in zip([0, *cuts], [*cuts, len(log)], strict=True):
        records = list(lineage.evidence.read(SWIPES, PARTITION, start, end))
        forgotten = EVE if start >= knew else NOBODY
        found = sort_swipes(records, codec.PackagedSchemas(), Before(recent), forgotten)
        recent.remember(found.seen, end)
        letters += [one.record.offset for one in found.refused]
        for clients in found.clients.values():
            for client in clients:
                span = OffsetRange(PARTITION, start, end)
                offsets = tuple(one.record.offset for one in client.examples)
                claims.append(Claim(len(claims), client.client_id, span, offsets))
    return claims, letters


def judge(lineage: "Lineage", log: list[str], claims: list[Claim], letters: list[int]) -> list[str]:
    ledger = SwipeLedger({PARTITION: Kept(0, len(log))})
    found = [one for claim in claims for one in ledger.count(claim, 2, folded=True)]
    for offset in letters:
        ledger.letter(PARTITION, offset)
    records = lineage.evidence.read(SWIPES, PARTITION, 0, len(log))
    refused = SwipeLetters()
    refused.refused = set(letters)
    hindsight, schemas = Hindsight(refused, 0, SPAN, 0, ()), codec.PackagedSchemas()
    for part in classify(records, schemas, ModelId("swipe-en"), PARTITION, 0, len(log), hindsight, EVE):
        found += ledger.judge(part, Expected(0, len(log), 0))
    assert all(one.kind is Kind.BROKEN for one in found)
    return [one.code for one in found]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(log=logs, data=st.data())
def test_the_audit_judges_as_the_trainer_settles_and_misses_nothing(
    lineage: "Lineage", log: list[str], data: st.DataObject
) -> None:
    write(lineage, log)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(log) - 1)), max_size=3)) - {len(log)})
    claims, letters = train(lineage, log, cuts, data.draw(st.sampled_from([0, *cuts, len(log)])))
    assert judge(lineage, log, claims, letters) == []
    if claims:
        at = data.draw(st.integers(0, len(claims) - 1))
        one = claims[at]
        fewer = Claim(one.offset, one.delta_id, one.swipes, one.swipe_offsets[1:])
        lost = judge(lineage, log, [*claims[:at], fewer, *claims[at + 1 :]], letters)
        assert lost == ([] if one.delta_id == "eve" else ["lost_swipe"])
        assert "doubled_swipe" in judge(lineage, log, [*claims, one], letters)
    if letters:
        lost = judge(lineage, log, claims, letters[1:])
        assert lost == (["lost_swipe"] if log[letters[0]] == "junk" else [])
        forged = Claim(99, "id", OffsetRange(PARTITION, 0, len(log)), (letters[0],))
        assert "needless_swipe" in judge(lineage, log, [*claims, forged], letters)


def test_a_delta_may_only_name_swipes_of_its_own_range() -> None:
    ledger = SwipeLedger({PARTITION: Kept(0, 10)})
    (found,) = ledger.count(Claim(5, "id", OffsetRange(PARTITION, 0, 3), (1, 7)), 2, folded=True)
    assert found.code == "swipe_outside_range"
    (found,) = ledger.count(Claim(5, "id", OffsetRange(99, 0, 3), (1,)), 2, folded=True)
    assert found.code == "swipe_outside_range"


def test_the_ledger_holds_a_byte_a_swipe() -> None:
    ledger = SwipeLedger({0: Kept(5_000_000, 6_000_000), 1: Kept(0, 0)})
    assert sum(column.nbytes for column in ledger._bytes.values()) == 1_000_000
