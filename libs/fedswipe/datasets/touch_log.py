"""The text of one How We Swipe log as arrays of touch events, and the runs of events that are gestures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.compiled import compiled

HEADER = b"sentence timestamp keyb_width keyb_height event x_pos y_pos x_radius y_radius angle word is_err"
GOOD, REFUSED, SHIFTED = 0, 1, 2  # is_err is exactly "0", or else; or the line's fields are not the header's
DOWN, MOVE, UP, OTHER = 0, 1, 2, 3
_COLUMNS, _EVENT, _WORD, _IS_ERR = 12, 4, 10, 11
_NUMBERS = (1, 2, 3, 5, 6)
_LARGEST = 1e15  # a time in ms since the epoch has 13 digits
_SPACE, _NEWLINE, _MINUS, _POINT, _ZERO, _NINE = 32, 10, 45, 46, 48, 57


@dataclass(frozen=True, eq=False)
class TouchLog:
    """One row a line; numbers: float64 (rows, 5), t in ms since the epoch, width, height, x, y in pixels.

    kinds, states: int8 (rows,), the constants above. words: int64 (rows, 2), start and end in the text.
    """

    text: bytes
    kinds: NDArray[np.int8]
    states: NDArray[np.int8]
    numbers: NDArray[np.float64]
    words: NDArray[np.int64]

    def word(self, row: int) -> str:
        """The word the person was asked for, as the log spells it."""
        start, end = self.words[row].tolist()
        return self.text[start:end].decode("utf-8", errors="replace")

    def sentence(self, row: int) -> tuple[str, ...]:
        """The words that its line begins with: the sentence it belongs to, in lower case."""
        line = self.text.rindex(b"\n", 0, int(self.words[row, 0])) + 1
        sentence = self.text[line : self.text.index(b" ", line)].decode("utf-8", errors="replace")
        return tuple(sentence.lower().split("_"))


@dataclass(frozen=True, eq=False)
class Runs:
    """Touch down to touch up; each array is (runs,), rows [starts, ends) of the log.

    finished: bool, the finger was lifted before the next touch or word. states: the worst of the run's rows.
    paths: float64, the way in pixels.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    finished: NDArray[np.bool_]
    states: NDArray[np.int8]
    paths: NDArray[np.float64]


def read_touch_log(text: bytes) -> TouchLog:
    """Read a log, in 6 times its memory; ValueError if its header is not the data set's."""
    if not text.startswith(HEADER):
        raise ValueError(f"the first line is not the header {HEADER.decode()!r}")
    codes = np.frombuffer(text, dtype=np.uint8)
    lines = min(text.count(b"\n"), len(text) // _COLUMNS) + 1  # a line of fewer bytes has too few columns
    kinds, states = np.empty(lines, dtype=np.int8), np.empty(lines, dtype=np.int8)
    numbers, words = np.empty((lines, len(_NUMBERS))), np.empty((lines, 2), dtype=np.int64)
    rows = _read_lines(codes, len(HEADER), kinds, states, numbers, words)
    return TouchLog(text, kinds[:rows], states[:rows], numbers[:rows], words[:rows])


def find_runs(log: TouchLog) -> Runs:
    """Each touch down with what follows it; events outside (a second finger's, mostly) are no run's."""
    runs = int(np.count_nonzero(log.kinds == DOWN))
    starts, ends = np.empty(runs, dtype=np.int64), np.empty(runs, dtype=np.int64)
    finished, states = np.zeros(runs, dtype=np.bool_), np.zeros(runs, dtype=np.int8)
    paths = np.zeros(runs)
    codes = np.frombuffer(log.text, dtype=np.uint8)
    _cut(codes, log.kinds, log.words, starts, ends, finished)
    _measure(log.numbers, log.states, starts, ends, states, paths)
    return Runs(starts, ends, finished, states, paths)


@compiled
def _read_lines(
    text: NDArray[np.uint8],
    start: int,
    kinds: NDArray[np.int8],
    states: NDArray[np.int8],
    numbers: NDArray[np.float64],
    words: NDArray[np.int64],
) -> int:
    bounds = np.empty(_COLUMNS + 1, dtype=np.int64)  # where the line's fields begin
    row = 0
    while start < len(text) and text[start] != _NEWLINE:
        start += 1
    start += 1
    while start < len(text):
        columns, place = 1, start
        bounds[0] = start
        while place < len(text) and text[place] != _NEWLINE:
            if text[place] == _SPACE:
                if columns <= _COLUMNS:
                    bounds[columns] = place + 1
                columns += 1
            place += 1
        if columns <= _COLUMNS:
            bounds[columns] = place + 1  # as if a space followed
        if columns >= _COLUMNS:
            states[row] = _verdict(text[bounds[_IS_ERR] : bounds[_IS_ERR + 1] - 1])
            for i, column in enumerate(_NUMBERS):
                numbers[row, i] = _number(text, bounds[column], bounds[column + 1] - 1)
                if np.isnan(numbers[row, i]):
                    states[row] = SHIFTED
            kinds[row] = _kind(text[bounds[_EVENT] : bounds[_EVENT + 1] - 1])
            words[row, 0], words[row, 1] = bounds[_WORD], bounds[_WORD + 1] - 1
            row += 1
        start = place + 1
    return row


@compiled
def _verdict(is_err: NDArray[np.uint8]) -> int:
    """Of the first such field: a line that was logged again has one more for each try behind it."""
    if len(is_err) == 1 and is_err[0] == _ZERO:
        return GOOD
    return REFUSED if len(is_err) == 1 and is_err[0] == _ZERO + 1 else SHIFTED


@compiled
def _number(text: NDArray[np.uint8], start: int, end: int) -> float:
    """A decimal number without an exponent, or NaN, also in place of one beyond all times and places."""
    negative = start < end and text[start] == _MINUS
    value, unit, digits = 0.0, 0.0, 0
    for place in range(start + int(negative), end):
        if text[place] == _POINT and unit == 0.0:
            unit = 1.0
        elif _ZERO <= text[place] <= _NINE:
            value = value * 10.0 + (text[place] - _ZERO)
            unit *= 10.0
            digits += 1
        else:
            return np.nan
    if digits == 0:
        return np.nan
    value = value / unit if unit > 0.0 else value
    if not value < _LARGEST:
        return np.nan
    return -value if negative else value


@compiled
def _kind(event: NDArray[np.uint8]) -> int:
    """touchstart, touchmove and touchend differ in their sixth letter."""
    if len(event) == 10 and event[5] == 115:
        return DOWN
    if len(event) == 9 and event[5] == 109:
        return MOVE
    return UP if len(event) == 8 and event[5] == 101 else OTHER


@compiled
def _cut(
    text: NDArray[np.uint8],
    kinds: NDArray[np.int8],
    words: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    finished: NDArray[np.bool_],
) -> None:
    run, down = -1, False
    for row in range(len(kinds)):
        if kinds[row] == DOWN:
            run, down = run + 1, True
            starts[run] = row
            ends[run] = row + 1
        elif down:
            first, here = words[starts[run]], words[row]
            down = np.array_equal(text[first[0] : first[1]], text[here[0] : here[1]])
            if down:
                ends[run] = row + 1
                finished[run] = kinds[row] == UP
                down = not finished[run]


@compiled
def _measure(
    numbers: NDArray[np.float64],
    row_states: NDArray[np.int8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    states: NDArray[np.int8],
    paths: NDArray[np.float64],
) -> None:
    for run in range(len(starts)):
        for row in range(starts[run], ends[run]):
            states[run] = max(states[run], row_states[row])
            if row > starts[run]:
                paths[run] += np.hypot(
                    numbers[row, 3] - numbers[row - 1, 3], numbers[row, 4] - numbers[row - 1, 4]
                )
