"""Sorts the swipes of a range: whose examples they are, and which are dead letters. Pure.

The trainer settles by it, and the audit judges by it what the trainer had to settle.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from fedswipe import codec
from fedswipe.dead_letters.retries import ClosedLetter, named_letter
from fedswipe.errors import InvalidMessage
from fedswipe.events import ClientId, SwipeRecorded
from fedswipe.forgotten_clients import NOBODY, Forgotten
from fedswipe.kafka.record import Record
from fedswipe.recent_swipes import Seen
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe_check import check_swipe
from fedswipe.topology import Lineage, lineage_of_layout


class Before(Protocol):
    """What stands in the log before a range; see `dead_letters.retries.Before`."""

    def is_void(self, offset: int) -> bool:
        """Tell whether this is a retry of no open letter."""
        ...

    def repeats(self, seen: Sequence[Seen]) -> frozenset[int]:
        """Return the offsets of those that count no more."""
        ...

    def closings(self, repeated: Iterable[int]) -> tuple[ClosedLetter, ...]:
        """Return the letters that the range's retries take up."""
        ...


@dataclass(frozen=True)
class Example:
    """A swipe fit to be trained, and the record it came in."""

    record: Record
    word: str
    gesture: Gesture


@dataclass(frozen=True)
class Refused:
    """A record that can never be trained, and why: it owes a dead letter."""

    record: Record
    reason: InvalidMessage


@dataclass(frozen=True)
class ClientExamples:
    """One client's examples for one lineage, ordered by offset."""

    client_id: ClientId
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class SortedSwipes:
    """Every record of a range: readable, refused, or passed over (taps, no word, repeats, the forgotten)."""

    seen: tuple[Seen, ...]
    refused: tuple[Refused, ...]
    closings: tuple[ClosedLetter, ...]  # the letters that the range's retries take up
    clients: dict[str, tuple[ClientExamples, ...]]  # by model id, in the order of first swipes


def sort_swipes(
    records: Sequence[Record], schemas: codec.SchemaSource, before: Before, forgotten: Forgotten = NOBODY
) -> SortedSwipes:
    """Sort a range's records by what stands in the log before them; of the forgotten none is trained."""
    readable, refused = _read([record for record in records if not before.is_void(record.offset)], schemas)
    seen = tuple(_seen(record, swipe) for record, swipe in readable)
    repeated = before.repeats(seen)
    groups: dict[str, dict[ClientId, list[Example]]] = defaultdict(lambda: defaultdict(list))
    for record, swipe in readable:
        if record.offset in repeated or forgotten.has(swipe.client_id):
            continue
        try:
            gesture, line = check_swipe(swipe), _lineage(swipe)
        except InvalidMessage as error:
            refused.append(Refused(record, error))
            continue
        if swipe.word is not None and len(gesture.points) > 1:
            groups[line.model_id][swipe.client_id].append(Example(record, swipe.word, gesture))
    clients = {
        model_id: tuple(ClientExamples(client, tuple(examples)) for client, examples in group.items())
        for model_id, group in groups.items()
    }
    return SortedSwipes(seen, tuple(refused), before.closings(repeated), clients)


def readable_swipes(records: Iterable[Record], schemas: codec.SchemaSource) -> Iterator[Seen]:
    """Return what a range's records leave in the memory of recent swipes."""
    return (_seen(record, swipe) for record, swipe in _read(records, schemas)[0])


def _seen(record: Record, swipe: SwipeRecorded) -> Seen:
    return Seen(record.offset, swipe.client_id, swipe.swipe_id, named_letter(record))


def _read(
    records: Iterable[Record], schemas: codec.SchemaSource
) -> tuple[list[tuple[Record, SwipeRecorded]], list[Refused]]:
    readable, refused = [], []
    for record in records:
        try:
            readable.append((record, codec.decode(SwipeRecorded, record.value, schemas)))
        except InvalidMessage as error:
            refused.append(Refused(record, error))
    return readable, refused


def _lineage(swipe: SwipeRecorded) -> Lineage:
    line = lineage_of_layout(swipe.layout)
    if line is None:
        raise InvalidMessage("unknown_layout", f"layout: no model learns {swipe.layout!r}")
    return line
