"""Logs of touches that somebody else made: the documented error and no other, in bounded memory.

FEDSWIPE_RUNS sets how many inputs are tried.
"""

import io
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedswipe.datasets import how_we_swipe
from fedswipe.datasets.touch_log import HEADER, find_runs, read_touch_log
from fedswipe.testing.bad_input import MB, flipped, memory_below

tried = settings.get_profile("decoders")

FIELDS = st.sampled_from(
    [
        "touchstart",
        "touchmove",
        "touchend",
        "hello",
        "0",
        "1",
        "-1",
        "1.5",
        "9" * 400,
        ".",
        "-",
        "",
        "nan",
        "\x00",
    ]
)
LINES = st.lists(st.lists(FIELDS, min_size=9, max_size=15).map(" ".join), max_size=12)
TOUCHES = LINES.map(lambda lines: HEADER + b"\n" + "\n".join(lines).encode())


@tried
@given(TOUCHES | st.binary(max_size=200).map(lambda rest: HEADER + rest) | st.binary(max_size=200))
def test_any_text_is_a_log_or_refused(text: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            person = how_we_swipe.read_person("p", text)
        except ValueError:
            return
    assert all(np.isfinite(swipe.gesture.points).all() for swipe in person.swipes)


@pytest.mark.parametrize("number", ["9" * 400, "0." + "9" * 400, "1" + "0" * 15])
def test_a_number_that_is_none_makes_its_line_unfit(number: str) -> None:
    line = f"s {number} 400 200 touchstart 1 1 1 1 0 hello 0\n".encode()
    person = how_we_swipe.read_person("p", HEADER + b"\n" + line * 6)
    assert person.swipes == []
    assert sum(person.left_out.values()) == 6


def test_a_log_of_nothing_but_line_ends_takes_no_more_memory_than_is_stated() -> None:
    text = HEADER + b"\n" * 400_000 + b" " * 11
    with memory_below(6 * len(text) + MB):
        find_runs(read_touch_log(text))


def zipped(content: bytes, folder: Path, name: str = "a.log") -> Path:
    path = folder / "logs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


def test_a_bomb_is_unpacked_no_further_than_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(how_we_swipe, "LARGEST_LOG", 10_000)
    path = zipped(HEADER + b"\n" * 20_000_000, tmp_path)
    assert path.stat().st_size < 50_000
    with memory_below(MB), pytest.raises(ValueError, match="more than 10,000 bytes"):
        list(how_we_swipe.read_people(path))


@tried
@given(st.data())
def test_a_damaged_archive_is_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.log", HEADER + b"\n1 2 3 4 touchstart 5 6 7 8 9 word 0\n" * 3)
    path = tmp_path_factory.mktemp("zip") / "logs.zip"
    path.write_bytes(flipped(out.getvalue(), lambda low, high: data.draw(st.integers(low, high))))
    try:
        list(how_we_swipe.read_people(path))
    except ValueError:
        return
