"""What the trainer had to do with each swipe of a partition: by its own rules, from the log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from fedswipe.audit.duty import Duty
from fedswipe.audit.hindsight import Before, Hindsight
from fedswipe.codec import SchemaSource
from fedswipe.events import ModelId
from fedswipe.forgotten_clients import Forgotten
from fedswipe.kafka.record import Record
from fedswipe.training_examples import SortedSwipes, sort_swipes

BATCH = 4_096  # records sorted at once
OF_FORGOTTEN = np.array(list(Duty), np.uint8)  # what becomes of a duty when the swipe's client is forgotten
OF_FORGOTTEN[[Duty.TRAINED, Duty.LETTER]] = Duty.FORGOTTEN, Duty.NOWHERE


@dataclass(frozen=True, eq=False)
class SwipeClasses:
    """Records at `offsets` (int64, ascending) in [start, end) of a partition, each with its duty (uint8)."""

    partition: int
    start: int
    end: int
    offsets: NDArray[np.int64]
    duties: NDArray[np.uint8]


def classify(
    records: Iterable[Record],
    schemas: SchemaSource,
    model_id: ModelId,
    partition: int,
    start: int,
    end: int,
    hindsight: Hindsight,
    forgotten: Forgotten,
) -> Iterator[SwipeClasses]:
    """Sort the records at [start, end) as a trainer does, batch by batch; `hindsight` stands at `start`.

    When a trainer learnt who is `forgotten` nobody knows: it may have left their swipes out or not.
    """
    at, left = start, iter(records)
    while batch := tuple(islice(left, BATCH)):
        before = hindsight.before(batch)
        found = sort_swipes(batch, schemas, before)
        last = batch[-1].offset + 1
        hindsight.settled(found.seen, last)
        offsets = np.array([record.offset for record in batch], np.int64)
        duties = _duties(offsets, found, before, model_id)
        theirs = np.searchsorted(offsets, [x.offset for x in found.seen if forgotten.has(x.client_id)])
        duties[theirs] = OF_FORGOTTEN[duties[theirs]]
        yield SwipeClasses(partition, at, last, offsets, duties)
        at = last
    if at < end:
        yield SwipeClasses(partition, at, end, np.empty(0, np.int64), np.empty(0, np.uint8))


def _duties(
    offsets: NDArray[np.int64], found: SortedSwipes, before: Before, model_id: ModelId
) -> NDArray[np.uint8]:
    duties = np.full(len(offsets), Duty.NOWHERE, np.uint8)
    for lineage, clients in found.clients.items():
        duty = Duty.TRAINED if lineage == model_id else Duty.OTHER_LINEAGE
        mine = [example.record.offset for client in clients for example in client.examples]
        duties[np.searchsorted(offsets, mine)] = duty
    refused = [one.record.offset for one in found.refused]
    duties[np.searchsorted(offsets, refused)] = Duty.LETTER
    for offset, told in before.told.items():
        duties[np.searchsorted(offsets, offset)] = told
    return duties
