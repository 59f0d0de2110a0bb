"""What the trainer had to do with each swipe of a partition: by its own rules, from the log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from fedswipe.codec import SchemaSource
from fedswipe.dead_letters.retries import Before
from fedswipe.events import ModelId
from fedswipe.kafka.record import Record
from fedswipe.recent_swipes import RecentSwipes
from fedswipe.training_examples import SortedSwipes, sort_swipes

BATCH = 4_096  # records sorted at once


class Duty(IntEnum):
    """Where a record of the swipes has to stand."""

    NOWHERE = 0  # a tap, no word, or a repeat
    TRAINED = 1  # in one delta, or in a letter when its client's training failed
    LETTER = 2  # in a letter: it can never be trained
    OTHER_LINEAGE = 3  # in another lineage's deltas


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
    recent: RecentSwipes,
) -> Iterator[SwipeClasses]:
    """Sort the records at [start, end) as a trainer does, batch by batch; `recent` stands at `start`."""
    at, left = start, iter(records)
    while batch := tuple(islice(left, BATCH)):
        found = sort_swipes(batch, schemas, Before(recent))
        last = batch[-1].offset + 1
        recent.remember(found.seen, last)
        offsets = np.array([record.offset for record in batch], np.int64)
        yield SwipeClasses(partition, at, last, offsets, _duties(offsets, found, model_id))
        at = last
    if at < end:
        yield SwipeClasses(partition, at, end, np.empty(0, np.int64), np.empty(0, np.uint8))


def _duties(offsets: NDArray[np.int64], found: SortedSwipes, model_id: ModelId) -> NDArray[np.uint8]:
    duties = np.full(len(offsets), Duty.NOWHERE, np.uint8)
    for lineage, clients in found.clients.items():
        duty = Duty.TRAINED if lineage == model_id else Duty.OTHER_LINEAGE
        mine = [example.record.offset for client in clients for example in client.examples]
        duties[np.searchsorted(offsets, mine)] = duty
    refused = [one.record.offset for one in found.refused]
    duties[np.searchsorted(offsets, refused)] = Duty.LETTER
    return duties
