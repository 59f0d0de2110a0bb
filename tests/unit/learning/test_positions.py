import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe.errors import InvalidMessage
from fedswipe.learning.positions import pack, packed_bytes, unpack

some = st.integers(1, 300).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1)).map(sorted))
)


@given(some)
def test_positions_come_back_from_as_many_bytes_as_promised(given_: tuple[int, list[int]]) -> None:
    size, positions = given_
    data = pack(np.array(positions, np.int64), size)
    assert len(data) == packed_bytes(len(positions), size)
    assert unpack(data, len(positions), size).tolist() == positions


@given(st.integers(1, 60), st.integers(0, 60), st.data())
def test_any_bytes_are_one_set_of_positions_or_misshapen(size: int, count: int, data: st.DataObject) -> None:
    length = packed_bytes(min(count, size), size)
    raw = data.draw(st.binary(min_size=length, max_size=length))
    try:
        found = unpack(raw, count, size)
    except InvalidMessage as refused:
        assert refused.reason == "misshapen"  # noqa: PT017  (others are no error)
        return
    assert len(found) == count
    assert pack(found, size) == raw, "one set has one form"
    assert sorted(set(found.tolist())) == found.tolist()
    assert all(0 <= position < size for position in found)


def test_one_in_ten_takes_little_more_than_chance_alone() -> None:
    size, count = 255_771, 25_578
    entropy = size * -(0.1 * np.log2(0.1) + 0.9 * np.log2(0.9)) / 8
    assert packed_bytes(count, size) < 1.13 * entropy


def test_the_bytes_grow_with_the_positions() -> None:
    lengths = [count + packed_bytes(count, 1_000) for count in range(1_001)]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize(
    ("data", "count", "size", "problem"),
    [
        (b"\x03", 2, 9, "2 positions"),  # twice the same: 0 and 0 again
        (b"\x01\x00\x00", 1, 20, "bytes are not"),
        (b"", 1, 9, "bytes are not"),
        (b"\x00\x00", 1, 9, "0 marks for 1"),
        (b"\x03\x00", 1, 9, "2 marks for 1"),
        (b"\x00" * 99, 10, 9, "not 10 positions below 9"),
        (b"\x02\x07", 1, 9, "are not below 9"),
        (b"\x01\x80", 1, 9, "bits behind"),
    ],
)
def test_what_is_wrong_is_named(data: bytes, count: int, size: int, problem: str) -> None:
    with pytest.raises(InvalidMessage, match=f"misshapen: payload: its positions: .*{problem}.*write it by"):
        unpack(data, count, size)
