from hypothesis import given
from hypothesis import strategies as st

from fedswipe.events import ClientId, SwipeId
from fedswipe.recent_swipes import RecentSwipes, Seen

SPAN = 4
# A log: each record is a swipe of one of few ids, or unreadable (None), which only takes an offset.
logs = st.lists(st.none() | st.sampled_from("abc"), max_size=40)


def seen(log: list[str | None], start: int, end: int) -> list[Seen]:
    return [
        Seen(offset, ClientId("c"), SwipeId(name))
        for offset, name in enumerate(log)
        if name is not None and start <= offset < end
    ]


def repeats_by_rule(log: list[str | None]) -> set[int]:
    """A swipe that stands among the SPAN records before it counts no more: the rule, read aloud."""
    return {at for at, name in enumerate(log) if name is not None and name in log[max(0, at - SPAN) : at]}


@given(logs, st.data())
def test_the_memory_follows_the_rule_however_the_log_is_cut_and_wherever_it_is_rebuilt(
    log: list[str | None], data: st.DataObject
) -> None:
    memory, found, at = RecentSwipes(SPAN, 0, ()), set[int](), 0
    while at < len(log):
        end = data.draw(st.integers(at + 1, len(log)))
        if data.draw(st.booleans()):
            memory = RecentSwipes(SPAN, at, seen(log, max(0, at - SPAN), at))
        found |= memory.repeats(seen(log, at, end))
        memory.remember(seen(log, at, end), end)
        at = end
    assert found == repeats_by_rule(log)


@given(logs)
def test_it_holds_no_more_than_its_span(log: list[str | None]) -> None:
    memory = RecentSwipes(SPAN, 0, ())
    memory.remember(seen(log, 0, len(log)), len(log))
    assert len(memory) <= SPAN


def test_a_dropped_range_leaves_no_trace() -> None:
    memory = RecentSwipes(SPAN, 0, ())
    log: list[str | None] = ["a"]
    assert memory.repeats(seen(log, 0, 1)) == frozenset()
    assert memory.repeats(seen(log, 0, 1)) == frozenset()


def test_the_same_id_of_another_client_is_another_swipe() -> None:
    memory = RecentSwipes(SPAN, 0, ())
    two = [Seen(0, ClientId("ann"), SwipeId("1")), Seen(1, ClientId("bob"), SwipeId("1"))]
    assert memory.repeats(two) == frozenset()
