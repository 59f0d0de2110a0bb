"""What one client gave, and what became of it, from the topics alone."""

from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from fedswipe import codec
from fedswipe.audit.clients import ClientsEvidence
from fedswipe.audit.delta_record import DeltaRecord
from fedswipe.audit.evidence import Evidence
from fedswipe.audit.letters import read_letters
from fedswipe.audit.links import Step, read_links
from fedswipe.chain import Chain
from fedswipe.errors import InvalidMessage
from fedswipe.events import ClientId, DeltaComputed, Event, SwipeRecorded
from fedswipe.forgotten_clients import Forgotten
from fedswipe.kafka.partitioning import partition_of
from fedswipe.kafka.record import Record
from fedswipe.learning.verdict import Verdict
from fedswipe.topology import LINEAGES, SWIPES, WEIGHT_DELTAS, Lineage, Topic

NEWEST = 1_000  # deltas that are listed, of each lineage
Check = Callable[[], None]  # raises when reading has to end


@dataclass(frozen=True, slots=True)
class GivenDelta:
    """A delta of the client; `verdict` is None while nobody can tell, `folded_in` unless it was folded."""

    delta_id: str
    model_id: str
    base_version: int
    examples: int
    offset: int
    verdict: str | None
    folded_in: int | None


@dataclass(frozen=True)
class History:
    """Swipes as they were recorded, by layout; how many different words; deltas, oldest first.

    `forgotten` is the offset of the record that forgot the client first.
    """

    swipes_by_layout: dict[str, int]
    words: int
    deltas: tuple[GivenDelta, ...]
    forgotten: int | None


def history_of(client_id: ClientId, evidence: Evidence, check: Check) -> History:
    """Read it: the client's partition of the swipes, and every link, delta and letter that is kept.

    That is most of what the broker holds, 0.5 MB a delta; `check` is asked at each record. Held in memory are
    an entry a link, a letter, a forgotten client and a delta of such a client. Raises BrokerUnavailable.
    """
    forgotten = ClientsEvidence(evidence).now()
    layouts, words = Counter[str](), set[str | None]()
    for swipe in _swipes(client_id, evidence, check):
        layouts[swipe.layout] += 1
        words.add(swipe.word)
    deltas = (one for line in LINEAGES for one in _deltas(client_id, line, evidence, forgotten, check))
    return History(dict(layouts), len(words - {None}), tuple(deltas), forgotten.offset(client_id))


def _swipes(client_id: ClientId, evidence: Evidence, check: Check) -> Iterator[SwipeRecorded]:
    key = client_id.encode()
    for record in _records(evidence, SWIPES, partition_of(client_id, SWIPES.partitions), check):
        if record.key == key:
            try:
                yield codec.decode(SwipeRecorded, record.value, evidence.schemas)
            except InvalidMessage:
                continue  # it was nobody's swipe; the trainer's letter says why


def _deltas(
    client_id: ClientId, line: Lineage, evidence: Evidence, forgotten: Forgotten, check: Check
) -> Iterator[GivenDelta]:
    settling = _Settling.of(line, evidence, check)
    mine: deque[tuple[int, DeltaComputed]] = deque(maxlen=NEWEST)
    for record in _records(evidence, WEIGHT_DELTAS, line.partition, check):
        delta = DeltaRecord.of(record, evidence.schemas).delta
        if delta is None:
            continue
        if (first := forgotten.offset(delta.client_id)) is not None:
            settling.of_forgotten(record.offset, first)
        if delta.client_id == client_id:
            mine.append((record.offset, replace(delta, payload=None, swipe_offsets=())))
    for offset, delta in mine:
        verdict, version = settling.verdict(offset)
        folded_in = version if verdict == Verdict.FOLDED else None
        yield GivenDelta(
            *(delta.delta_id, delta.model_id, delta.base_version, delta.examples, offset, verdict, folded_in)
        )


def _records(evidence: Evidence, topic: Topic[Event], partition: int, check: Check) -> Iterator[Record]:
    kept = evidence.kept(topic, partition)
    for record in evidence.read(topic, partition, kept.start, kept.end):
        check()
        yield record


@dataclass
class _Settling:
    """Tells verdicts without manifests: a refusal has a letter, unless its client is forgotten.

    A window left out whom it knew to be forgotten: those who come first in the clients' topic.
    """

    ends: list[int]
    refused: list[int]  # by link, as `ends`
    letters: dict[int, str]
    lettered: list[int]  # the letters' offsets, in order
    silent: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, line: Lineage, evidence: Evidence, check: Check) -> "_Settling":
        ends, refused, letters = list[int](), list[int](), dict[int, str]()
        for step in read_links(Chain(line.model_id, line.partition), evidence):
            check()
            if isinstance(step, Step):
                ends.append(step.link.end)
                refused.append(step.event.refused)
        for letter in read_letters(evidence, WEIGHT_DELTAS, line.partition):
            check()
            letters[letter.offset] = letter.reason
        return cls(ends, refused, letters, sorted(letters))

    def of_forgotten(self, offset: int, first: int) -> None:
        """Note a delta whose client record `first` of the clients' topic forgot."""
        if offset not in self.letters:
            self.silent.setdefault(bisect_right(self.ends, offset), []).append((first, offset))

    def verdict(self, offset: int) -> tuple[str | None, int]:
        """Return what became of the delta at this offset, and by which version."""
        link = bisect_right(self.ends, offset)
        if link in (0, len(self.ends)):
            return None, 0
        if offset in self.letters:
            return self.letters[offset], link + 1
        silent = sorted(self.silent.get(link, ()))
        first, behind = (bisect_left(self.lettered, end) for end in self.ends[link - 1 : link + 1])
        unsaid = self.refused[link] - (behind - first)
        if offset in (at for _, at in silent[:unsaid]):
            return Verdict.FORGOTTEN, link + 1
        return (None if unsaid > len(silent) else Verdict.FOLDED), link + 1
