"""Where a record of the swipes has to stand."""

from enum import IntEnum


class Duty(IntEnum):
    """Stable numbers: archives hold them."""

    NOWHERE = 0  # a tap, no word, a repeat, or a retry of no open letter
    TRAINED = 1  # in one delta, or in a letter when its client's training failed
    LETTER = 2  # in a letter: it can never be trained
    OTHER_LINEAGE = 3  # in another lineage's deltas
    UNTOLD = 4  # a retry of a letter that may be gone
    LEFT = 5  # nowhere: a retry whose letter is open, and was not yet if it is of the same range
    OVERLOOKED = 6  # a retry that had to take an open letter up, and did not
    FORGOTTEN = 7  # as TRAINED, or nowhere: its client is forgotten, and may not have been yet
