from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from fedswipe.events import ClientId, ModelId, PredictionServed, SwipeId, SwipeRecorded, Version
from fedswipe.serving.outcomes import OutcomeJoin, Tally

EN = ModelId("swipe-en")
Event = PredictionServed | SwipeRecorded


def said(swipe: str, *words: str, version: int = 3, client: str = "ann", model: ModelId = EN) -> Event:
    return PredictionServed(ClientId(client), SwipeId(swipe), model, Version(version), words)


def meant(swipe: str, word: str | None, client: str = "ann") -> Event:
    return SwipeRecorded(
        ClientId(client), SwipeId(swipe), "qwerty-en", word, 360, 200, (1.0, 2.0), (1.0, 2.0), (0.0, 9.0)
    )


def tallies(*events: Event, window: int = 100) -> dict[int, Tally]:
    join = OutcomeJoin(EN, window)
    join.add(events)
    return dict(join.tallies)


def test_right_and_wrong_are_counted_per_version_whichever_comes_first() -> None:
    found = tallies(
        *(said("a", "hello", "help"), meant("a", "hello")),
        *(meant("b", "help"), said("b", "hello", "help")),
        *(said("c", "x", "y", "z", "word", version=4), meant("c", "word")),
    )
    assert found == {3: Tally(judged=2, right=1, among_few=2), 4: Tally(1, 0, 0)}


def test_a_swipes_first_prediction_counts_and_a_swipe_counts_once() -> None:
    again = (said("a", "hello", version=4), meant("a", "hello"), said("a", "hello", version=5))
    assert tallies(said("a", "help"), *again, *again) == {3: Tally(1, 0, 0)}


def test_what_is_of_another_client_model_or_without_a_word_is_not_joined() -> None:
    assert tallies(said("a", "hello"), meant("a", "hello", client="bob")) == {}
    assert tallies(said("a", "hello", model=ModelId("swipe-ru")), meant("a", "hello")) == {}
    assert tallies(said("a", "hello"), meant("a", None)) == {}
    assert tallies(said("a", "hello"), meant("a", None), meant("a", "hello")) == {3: Tally(1, 1, 1)}
    assert tallies(said("a"), meant("a", "hello")) == {3: Tally(1, 0, 0)}, "no word at all is wrong"


def test_memory_is_bounded_and_what_falls_out_is_counted() -> None:
    join = OutcomeJoin(EN, window=10)
    join.add([said(str(number), "hello") for number in range(25)])
    assert join.unjoined == 15
    join.add([meant("0", "hello")])
    assert join.tallies == {}
    join.add([meant("24", "hello")])
    assert join.tally(Version(3)) == Tally(1, 1, 1)
    assert join.tally(Version(9)) == Tally()


def test_judged_ones_that_fall_out_are_not_missed() -> None:
    join = OutcomeJoin(EN, window=2)
    join.add([event for number in range(9) for event in (said(f"{number}", "a"), meant(f"{number}", "a"))])
    assert (join.unjoined, join.tally(Version(3))) == (0, Tally(9, 9, 9))


PAIRS = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["hello", "help"]), st.integers(1, 3)))


@given(PAIRS, PAIRS, st.randoms())
def test_the_order_of_the_two_streams_does_not_matter(
    predictions: Sequence[tuple[str, str, int]], swipes: Sequence[tuple[str, str, int]], random: object
) -> None:
    first = [said(name, word, version=version) for name, word, version in predictions]
    second = [meant(name, word) for name, word, _ in swipes]
    merged, left, right = list[Event](), list(first), list(second)
    while left or right:
        take_left = left and (not right or random.random() < 0.5)  # type: ignore[attr-defined]
        merged.append((left if take_left else right).pop(0))
    assert tallies(*first, *second) == tallies(*second, *first) == tallies(*merged)
