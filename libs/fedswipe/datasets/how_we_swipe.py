"""The public gesture-typing logs "How We Swipe" (Leiva et al., MobileHCI 2021; OSF project sj67f)."""

import hashlib
import lzma
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fedswipe.datasets.touch_log import REFUSED, SHIFTED, Runs, TouchLog, find_runs, read_touch_log
from fedswipe.swipe.gesture import Gesture, LabelledGesture

LAYOUT = "qwerty-en"  # that people swiped on
FEWEST_POINTS = 5
SHORTEST_MS, LONGEST_MS = 100, 8_000
LARGEST_LOG = 100_000_000  # bytes, unpacked; the data set's largest are of a few million
# What reading a member of an archive raises that is cut, changed, encrypted or packed in an unknown way.
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError),
    *(NotImplementedError, struct.error),
)
SHORTEST_PATH = 0.05  # keyboard widths, half a key: a swipe over two letters goes farther


@dataclass(frozen=True)
class Person:
    """One participant: swipes to learn from, in the log's order, and the others' number by reason."""

    id: str
    swipes: list[LabelledGesture]
    left_out: Mapping[str, int]


def is_unseen(person_id: str) -> bool:
    """Whether a person, one in ten or so, is for judging only: nothing may be trained on their swipes."""
    return int(hashlib.sha256(person_id.encode()).hexdigest(), 16) % 10 == 0


def read_people(path: Path) -> Iterator[Person]:
    """Read the participants one at a time, in the order of their ids, from swipelogs.zip or its folder.

    Raises FileNotFoundError or ValueError, that say what to download, if the path does not hold the logs. One
    log is in memory at a time, LARGEST_LOG bytes at most, whatever an archive holds.
    """
    logs = _zipped_logs(path) if path.is_file() else _unzipped_logs(path)
    return (read_person(name, text) for name, text in logs)


def read_person(person_id: str, text: bytes) -> Person:
    """Read one participant's log; ValueError if it is none."""
    try:
        log = read_touch_log(text)
    except ValueError as error:
        raise ValueError(f"{person_id}.log: {error}; {_REMEDY}") from error
    runs = find_runs(log)
    words = [log.word(row) for row in runs.starts.tolist()]
    sentences = [log.sentence(row) for row in runs.starts.tolist()]
    places = list(_places(sentences, words))
    reasons = [_REASONS[code] for code in _judge(log, runs, words).tolist()]
    swipes: dict[tuple[str, bytes], LabelledGesture] = {}
    for run in (run for run, reason in enumerate(reasons) if reason == _KEPT):
        rows = log.numbers[runs.starts[run] : runs.ends[run]]
        if (words[run], rows.tobytes()) in swipes:
            reasons[run] = "duplicate"
        else:
            swipes[words[run], rows.tobytes()] = LabelledGesture(
                words[run].lower(), _gesture(rows), sentences[run], places[run]
            )
    left_out = Counter(reason for reason in reasons if reason != _KEPT)
    return Person(person_id, list(swipes.values()), left_out)


def _places(sentences: Sequence[Sequence[str]], words: Sequence[str]) -> Iterator[int | None]:
    """Each run's place in its sentence: where the sentence's last run was, or behind that.

    So a word may stand twice in a sentence, and may be tried again. None where the sentence lacks it.
    """
    before: Sequence[str] = ()
    reached = 0
    for sentence, word in zip(sentences, words, strict=True):
        places = [place for place, other in enumerate(sentence) if other == word.lower()]
        ahead = [place for place in places if place >= reached and sentence == before]
        before, reached = sentence, (ahead or places or [0])[0]
        yield reached if places else None


_KEPT = "kept"
_REASONS = (
    _KEPT,
    "never ends",
    "shifted fields",
    "not accepted",
    "word not in ASCII letters",
    "too few points",
    "too short a time",
    "too long a time",
    "near-zero path",
    "times run backwards",
)


def _judge(log: TouchLog, runs: Runs, words: Sequence[str]) -> NDArray[np.int64]:
    """Each run's place in _REASONS: the first that holds, as far as the run alone can tell."""
    letters = np.array([len(set(word)) if word.isascii() and word.isalpha() else 0 for word in words])
    sizes = log.numbers[runs.starts, 1:3]
    duration = log.numbers[runs.ends - 1, 0] - log.numbers[runs.starts, 0]
    conditions = [
        ~runs.finished,
        (runs.states == SHIFTED) | (sizes <= 0).any(axis=1),
        runs.states == REFUSED,
        letters == 0,
        runs.ends - runs.starts < FEWEST_POINTS,
        duration < SHORTEST_MS,
        duration > LONGEST_MS,
        (runs.paths < SHORTEST_PATH * sizes[:, 0]) & (letters > 1),  # the way to type "a" is to rest on it
        _runs_backwards(log, runs),
    ]
    return np.select(conditions, list(range(1, len(_REASONS))), default=0)


def _runs_backwards(log: TouchLog, runs: Runs) -> NDArray[np.bool_]:
    """Whether a run's clock was ever set back: the index of each such row lies between a run's ends."""
    (back,) = np.nonzero(np.diff(log.numbers[:, 0]) < 0)
    found: NDArray[np.bool_] = np.searchsorted(back, runs.starts) < np.searchsorted(back, runs.ends - 1)
    return found


def _gesture(rows: NDArray[np.float64]) -> Gesture:
    since_down = rows[:, [3, 4, 0]] - [0.0, 0.0, rows[0, 0]]
    return Gesture(since_down.astype(np.float32), float(rows[0, 1]), float(rows[0, 2]))


_REMEDY = 'download swipelogs.zip of the public data set "How We Swipe" (OSF project sj67f) and give its path'


def _zipped_logs(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        archive = zipfile.ZipFile(path)  # closed with the iterator: people are read while it is open
    except DAMAGED as error:
        raise ValueError(f"{path} is not a zip file ({error}); {_REMEDY}") from error
    names = sorted(name for name in archive.namelist() if name.endswith(".log"))
    if not names:
        archive.close()
        raise ValueError(f"{path} holds no .log file; {_REMEDY}")
    return _unzip(archive, names)


def _unzip(archive: zipfile.ZipFile, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    with archive:
        for name in names:
            try:
                with archive.open(name) as file:
                    text = file.read(LARGEST_LOG + 1)
            except DAMAGED as error:
                raise ValueError(f"{name} cannot be unpacked ({error!r}); {_REMEDY}") from error
            if len(text) > LARGEST_LOG:
                raise ValueError(f"{name} has more than {LARGEST_LOG:,} bytes; {_REMEDY}")
            yield Path(name).stem, text


def _unzipped_logs(path: Path) -> Iterator[tuple[str, bytes]]:
    if not path.is_dir():
        raise FileNotFoundError(f"{path} does not exist; {_REMEDY}")
    files = sorted(path.glob("*.log")) or sorted(path.glob("swipelogs/*.log"))
    if not files:
        raise ValueError(f"{path} holds no .log file; {_REMEDY}")
    return ((file.stem, file.read_bytes()) for file in files)
