import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe.cli.letters import Choice
from fedswipe.dead_letters.closing import Closing, closing, how_closed, retried_as, taken_up
from fedswipe.dead_letters.desk import source_named
from fedswipe.dead_letters.letters import LETTERED, Letters, grouped, may_be_retried
from fedswipe.dead_letters.position import RETRY_OF, Position, is_retry, retry_headers, retry_of
from fedswipe.errors import FedswipeError
from fedswipe.events import DeadLettered, Header
from fedswipe.learning.verdict import Verdict
from fedswipe.topology import GLOBAL_MODELS, SWIPES, WEIGHT_DELTAS, dead_letters

AT = Position(SWIPES.name, 3, 41)


def letter(offset: int = 41, reason: str = "no_points", topic: str = SWIPES.name) -> DeadLettered:
    return DeadLettered(topic, 3, offset, reason, "detail", "trainer", b"ann", b"value", ())


@given(st.from_regex(r"[a-z.-]{1,20}", fullmatch=True), st.integers(0, 10**9 - 1), st.integers(0, 10**18 - 1))
def test_a_position_comes_back(topic: str, partition: int, offset: int) -> None:
    at = Position(topic, partition, offset)
    assert Position.parse(str(at)) == at


@given(st.binary(max_size=30))
def test_whatever_a_header_holds_names_a_letter_or_none(value: bytes) -> None:
    headers = (Header(RETRY_OF, value),)
    assert is_retry(headers)
    named = retry_of(headers)
    assert named is None or str(named).encode() == value


def test_a_retry_names_its_letter_alone_and_keeps_the_other_headers() -> None:
    first = retry_headers((Header("traceparent", b"00-1"),), AT)
    second = retry_headers(first, Position(SWIPES.name, 3, 50))
    assert retry_of(second) == Position(SWIPES.name, 3, 50)
    assert [header.name for header in second] == ["traceparent", RETRY_OF]


def test_written_twice_it_is_one() -> None:
    (group,) = grouped(Letters([letter(), letter()]).select())
    assert (group.topic, group.reason, group.count) == (SWIPES.name, "no_points", 1)


def test_groups_tell_the_first_and_the_last() -> None:
    found = grouped(Letters([letter(9), letter(10), letter(2), letter(5, "empty")]).select())
    assert [(g.reason, g.count, g.first.offset, g.last.offset) for g in found] == [
        ("empty", 1, 5, 5),
        ("no_points", 3, 2, 10),
    ]


CLOSINGS = [closing(AT, Closing.DROPPED, "why", "operator"), taken_up(AT, Closing.RETRIED, 50, "trainer")]


@given(st.permutations([letter(), letter(), *CLOSINGS]))
def test_what_closes_a_letter_does_so_in_whatever_order_it_comes(events: list[DeadLettered]) -> None:
    letters = Letters(events)
    assert letters.select() == []
    (found,) = letters.select(closed=True)
    assert found.closed is Closing.RETRIED
    assert not may_be_retried(found)
    assert found.event.value == b"value"


def test_a_dropped_letter_may_be_retried() -> None:
    (found,) = Letters([letter(), CLOSINGS[0]]).select(closed=True)
    assert found.closed is Closing.DROPPED
    assert may_be_retried(found)


def test_a_closing_says_how_and_by_which_retry() -> None:
    assert [how_closed(event) for event in (letter(), *CLOSINGS)] == [None, Closing.DROPPED, Closing.RETRIED]
    assert [retried_as(event) for event in (letter(), *CLOSINGS)] == [None, None, 50]


def test_no_verdict_is_taken_for_a_closing() -> None:
    assert not {str(verdict) for verdict in Verdict} & {str(how) for how in Closing}


def test_letters_are_selected_by_topic_and_reason() -> None:
    letters = Letters([letter(), letter(7, "empty"), letter(3, "stale", WEIGHT_DELTAS.name)])
    assert [one.at.offset for one in letters.select(SWIPES.name)] == [7, 41]
    assert [one.at.offset for one in letters.select(reason="stale")] == [3]
    assert letters.select(WEIGHT_DELTAS.name, "empty") == []


def test_a_letter_that_is_not_there_is_said_to_be_so() -> None:
    with pytest.raises(FedswipeError, match=r"swipes.v1/3/41: no dead letter"):
        Letters([]).find(AT)


def test_a_topic_is_named_by_itself_or_by_its_letters() -> None:
    assert source_named(dead_letters(SWIPES).name) is SWIPES
    for topic in (GLOBAL_MODELS.name, "elsewhere"):
        with pytest.raises(FedswipeError, match=r"has no dead letters; use fedswipe\.swipes\.v1"):
            source_named(topic)
    assert GLOBAL_MODELS not in LETTERED


@pytest.mark.parametrize(
    ("position", "topic", "says"),
    [
        (None, None, "TOPIC PARTITION OFFSET"),
        ([SWIPES.name, "3", "41"], SWIPES.name, "or --topic"),
        ([SWIPES.name, "3"], None, "give TOPIC PARTITION OFFSET"),
        ([SWIPES.name, "three", "41"], None, "give TOPIC PARTITION OFFSET"),
        (["elsewhere", "3", "41"], None, "has no dead letters"),
    ],
)
def test_a_choice_that_names_no_letters_says_how_to(
    position: list[str] | None, topic: str | None, says: str
) -> None:
    with pytest.raises(FedswipeError, match=says):
        Choice.of(position, topic, None, closed=False)


def test_one_that_is_dealt_with_is_chosen_only_on_demand() -> None:
    letters = Letters([letter(), CLOSINGS[0]])
    words = [SWIPES.name, "3", "41"]
    assert Choice.of(words, None, None, closed=True).letters(letters)
    with pytest.raises(FedswipeError, match="was dropped before; --all"):
        Choice.of(words, None, None, closed=False).letters(letters)
