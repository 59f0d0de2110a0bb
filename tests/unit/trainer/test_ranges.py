from hypothesis import given
from hypothesis import strategies as st

from fedswipe.kafka.record import Record
from fedswipe.topology import SWIPES
from services.trainer.ranges import OpenRange, RangeLimits, Request, SwipeRange

LIMITS = RangeLimits(swipes=3, seconds=2.0)


def records(*offsets: int) -> list[Record]:
    return [Record(SWIPES.name, 4, offset, None, b"x") for offset in offsets]


def offsets(closed: SwipeRange) -> list[int]:
    return [record.offset for record in closed.records]


def test_a_range_closes_by_count() -> None:
    range_ = OpenRange(4, LIMITS)
    range_.swipes(records(0, 1), 0.0)
    assert list(range_.close(0.0)) == []
    range_.swipes(records(2, 3, 4, 5, 6), 0.0)
    assert [offsets(closed) for closed in range_.close(0.0)] == [[0, 1, 2], [3, 4, 5]]


def test_a_range_closes_by_time_since_its_own_first_swipe() -> None:
    range_ = OpenRange(4, LIMITS)
    range_.swipes(records(0, 1, 2), 0.0)
    range_.swipes(records(3), 1.5)
    assert [offsets(closed) for closed in range_.close(2.0)] == [[0, 1, 2]]
    assert list(range_.close(3.4)) == []
    assert [offsets(closed) for closed in range_.close(3.5)] == [[3]]


def test_a_request_closes_a_range_just_at_its_offset() -> None:
    range_ = OpenRange(4, LIMITS)
    range_.swipes(records(0, 1), 0.0)
    range_.request(Request(7, swipes_end=1))
    (closed,) = range_.close(0.0)
    assert (offsets(closed), closed.requests_end) == ([0], 8)


def test_a_request_waits_until_its_end_is_reached() -> None:
    range_ = OpenRange(4, LIMITS)
    range_.swipes(records(0), 0.0)
    range_.request(Request(7, swipes_end=2))
    assert list(range_.close(0.0)) == []
    range_.swipes(records(1), 0.0)
    (closed,) = range_.close(0.0)
    assert (offsets(closed), closed.requests_end) == ([0, 1], 8)


def test_an_end_behind_a_gap_is_reached_without_a_record() -> None:
    range_ = OpenRange(4, LIMITS)
    range_.swipes(records(0, 1), 0.0)
    range_.request(Request(7, swipes_end=5))
    assert list(range_.close(0.0)) == []
    range_.reached(5)
    (closed,) = range_.close(0.0)
    assert (offsets(closed), closed.end, closed.requests_end) == ([0, 1], 2, 8)


def test_a_request_whose_end_is_passed_closes_at_once_and_takes_nothing_along() -> None:
    range_ = OpenRange(4, LIMITS)
    range_.swipes(records(0, 1, 2, 3), 0.0)
    assert [offsets(closed) for closed in range_.close(0.0)] == [[0, 1, 2]]
    range_.request(Request(7, swipes_end=2))
    (closed,) = range_.close(0.0)
    assert (offsets(closed), closed.requests_end) == ([], 8)


def test_a_request_is_not_settled_before_an_earlier_one() -> None:
    range_ = OpenRange(4, LIMITS)
    range_.request(Request(7, swipes_end=2))
    range_.request(Request(8, swipes_end=1))
    range_.swipes(records(0), 0.0)
    assert list(range_.close(0.0)) == []
    range_.swipes(records(1), 0.0)
    (closed,) = range_.close(0.0)
    assert (offsets(closed), closed.requests_end) == ([0, 1], 9)


def test_a_range_that_closes_early_leaves_the_request_waiting() -> None:
    range_ = OpenRange(4, LIMITS)
    range_.request(Request(7, swipes_end=4))
    range_.swipes(records(0, 1, 2), 0.0)
    (closed,) = range_.close(0.0)
    assert closed.requests == ()
    range_.swipes(records(3), 0.0)
    (closed,) = range_.close(0.0)
    assert (offsets(closed), closed.requests_end) == ([3], 8)


def test_a_range_tells_where_the_one_before_ended() -> None:
    range_ = OpenRange(4, RangeLimits(1, 2.0))
    range_.swipes(records(10, 12), 0.0)
    assert [(closed.after, closed.start, closed.end) for closed in range_.close(0.0)] == [
        (10, 10, 11),
        (11, 12, 13),
    ]


steps = st.one_of(
    st.tuples(st.just("swipes"), st.integers(1, 5)),
    st.tuples(st.just("gap"), st.integers(1, 3)),
    st.tuples(st.just("wait"), st.integers(0, 3)),
    st.tuples(st.just("request"), st.integers(-4, 4)),
)


@given(st.lists(steps, max_size=30))
def test_every_record_and_request_is_settled_once_in_order_and_never_before_its_time(
    script: list[tuple[str, int]],
) -> None:
    range_, now, end, request, closed = OpenRange(4, LIMITS), 0.0, 0, 0, list[SwipeRange]()
    wanted = {}
    given_ = []
    for what, number in script:
        if what == "swipes":
            new = list(range(end, end + number))
            given_ += new
            range_.swipes(records(*new), now)
            end += number
        elif what == "gap":
            end += number
            range_.reached(end)
        elif what == "wait":
            now += number
        else:
            wanted[request] = max(0, end + number)
            range_.request(Request(request, wanted[request]))
            request += 1
        closed += range_.close(now)
    end = max([end, *wanted.values()])
    range_.reached(end)
    closed += range_.close(now + LIMITS.seconds)

    assert [offset for one in closed for offset in offsets(one)] == given_
    assert all(len(one.records) <= LIMITS.swipes for one in closed)
    assert [r.offset for one in closed for r in one.requests] == list(wanted)
    settled: set[int] = set()
    for one in closed:
        settled.update(offsets(one))
        for r in one.requests:
            assert {offset for offset in given_ if offset < r.swipes_end} <= settled
