import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from fedswipe.datasets.how_we_swipe import is_unseen, read_people, read_person

HEADER = "sentence timestamp keyb_width keyb_height event x_pos y_pos x_radius y_radius angle word is_err"
START_MS = 1_582_288_978_857


def swipe(
    word: str = "hello",
    *,
    at: int = START_MS,
    points: int = 8,
    duration: int = 700,
    step: float = 20,
    err: str = "0",
    sentence: str = "sentence",
    last_event: str = "touchend",
) -> list[str]:
    """A swipe to the right; the last event comes `duration` ms after the first."""
    events = ["touchstart", *["touchmove"] * (points - 2), last_event]
    return [
        f"{sentence} {time} 360 215 {event} {40 + step * i} -3 0 0 0 {word} {err}"
        for i, event in enumerate(events)
        for time in [at + duration * i // (points - 1)]
    ]


def log(*swipes: Sequence[str]) -> bytes:
    return "\n".join([HEADER, *(line for lines in swipes for line in lines), ""]).encode()


def words(text: bytes) -> list[str]:
    return [swipe.word for swipe in read_person("p", text).swipes]


def left_out(text: bytes) -> dict[str, int]:
    person = read_person("p", text)
    assert person.swipes == []
    return dict(person.left_out)


def test_a_swipe_is_read_with_the_time_since_touch_down() -> None:
    person = read_person("p", log(swipe("Hello", points=5, duration=400)))
    assert person.id == "p"
    assert dict(person.left_out) == {}
    (labelled,) = person.swipes
    assert labelled.word == "hello"
    assert (labelled.gesture.width, labelled.gesture.height) == (360.0, 215.0)
    expected = [[40, -3, 0], [60, -3, 100], [80, -3, 200], [100, -3, 300], [120, -3, 400]]
    assert labelled.gesture.points.tolist() == expected
    assert labelled.gesture.points.dtype == np.float32


def test_a_swipe_has_the_words_of_its_sentence_before_it() -> None:
    asked = ("The", "dog", "and", "the", "cat")
    lines = [
        swipe(word, at=START_MS + 9000 * n, sentence="The_dog_and_the_cat") for n, word in enumerate(asked)
    ]
    again = swipe("the", at=START_MS + 30_000, sentence="The_dog_and_the_cat")
    people = read_person("p", log(*lines[:4], again, lines[4])).swipes
    contexts = [(), ("the",), ("the", "dog"), ("the", "dog", "and"), ("the", "dog", "and")]
    contexts.append(("the", "dog", "and", "the"))
    assert [swipe.context for swipe in people] == contexts
    assert {swipe.sentence for swipe in people} == {("the", "dog", "and", "the", "cat")}


def test_a_sentence_that_is_asked_again_begins_anew_and_a_word_outside_it_has_no_context() -> None:
    asked = [
        ("one", "one_two"),
        ("two", "one_two"),
        ("one", "one_two"),
        ("three", "one_two"),
        ("one", "two_one"),
    ]
    lines = [swipe(word, at=START_MS + 9000 * n, sentence=text) for n, (word, text) in enumerate(asked)]
    contexts = [swipe.context for swipe in read_person("p", log(*lines)).swipes]
    assert contexts == [(), ("one",), (), None, ("two",)]


def test_fractions_of_pixels_are_read_exactly() -> None:
    text = log(swipe(step=20.0625))
    (labelled,) = read_person("p", text).swipes
    assert labelled.gesture.points[:, 0].tolist() == [40 + 20.0625 * i for i in range(8)]


def test_swipes_stand_in_the_logs_order() -> None:
    assert words(log(swipe("one"), swipe("two", at=START_MS + 5000))) == ["one", "two"]


def test_a_log_without_a_last_newline_or_without_swipes_is_read() -> None:
    assert words(log(swipe("one")).rstrip(b"\n")) == ["one"]
    assert words(log()) == []


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (swipe(err="1"), "not accepted"),
        (swipe(err="0.0"), "shifted fields"),
        (swipe("de animo"), "shifted fields"),
        (swipe("Vertrags "), "shifted fields"),
        (swipe(err=""), "shifted fields"),
        ([line.replace(" 40 ", " 4e1 ") for line in swipe()], "shifted fields"),
        ([line.replace(" 360 ", " 0 ") for line in swipe()], "shifted fields"),
        ([*swipe()[:4], *swipe(err="1")[4:]], "not accepted"),
        (swipe("don't"), "word not in ASCII letters"),
        (swipe("café"), "word not in ASCII letters"),
        (swipe("r2"), "word not in ASCII letters"),
        (swipe(points=4), "too few points"),
        (swipe(duration=99), "too short a time"),
        (swipe(duration=8001), "too long a time"),
        (swipe(step=1), "near-zero path"),
        ([*swipe()[:3], swipe()[4], swipe()[3], *swipe()[5:]], "times run backwards"),
        (swipe(last_event="touchmove"), "never ends"),
        (swipe()[:5], "never ends"),
        ([*swipe("hello")[:5], *swipe("other")[5:]], "never ends"),
    ],
)
def test_a_swipe_not_to_be_learnt_from_is_left_out_and_counted(lines: list[str], reason: str) -> None:
    assert left_out(log(lines)) == {reason: 1}


@pytest.mark.parametrize("lines", [swipe(points=5), swipe(duration=100), swipe(duration=8000), swipe(step=3)])
def test_a_swipe_just_within_the_bounds_is_kept(lines: list[str]) -> None:
    assert words(log(lines)) == ["hello"]


def test_only_the_swipe_whose_clock_was_set_back_is_left_out() -> None:
    back = [*swipe("back")[:6], swipe("back")[7], swipe("back", last_event="touchend")[6]]
    back[6], back[7] = back[6].replace("touchend", "touchmove"), back[7].replace("touchmove", "touchend")
    assert words(log(swipe("before"), back, swipe("after", at=START_MS - 10_000))) == ["before", "after"]


def test_a_rest_on_the_key_is_the_way_to_swipe_a_one_letter_word() -> None:
    assert words(log(swipe("a", step=0))) == ["a"]


def test_lines_logged_again_with_more_verdicts_count_once() -> None:
    person = read_person("p", log(swipe(), swipe(err="0 1"), swipe(err="0 1 1"), swipe("other", err="1 0")))
    assert [swipe.word for swipe in person.swipes] == ["hello"]
    assert dict(person.left_out) == {"duplicate": 2, "not accepted": 1}


def test_the_same_path_for_another_word_or_at_another_time_is_no_duplicate() -> None:
    assert words(log(swipe(), swipe("other"), swipe(at=START_MS + 9000))) == ["hello", "other", "hello"]


def test_events_of_a_second_finger_after_the_first_was_lifted_belong_to_no_swipe() -> None:
    text = log(swipe(), swipe("late")[1:], swipe("next", at=START_MS + 5000))
    assert words(text) == ["hello", "next"]
    assert dict(read_person("p", text).left_out) == {}


def test_a_swipe_that_never_ends_does_not_swallow_the_next() -> None:
    person = read_person("p", log(swipe()[:5], swipe("next")))
    assert [swipe.word for swipe in person.swipes] == ["next"]
    assert dict(person.left_out) == {"never ends": 1}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "swipelogs.zip"
    with zipfile.ZipFile(path, "w") as logs:
        logs.writestr("swipelogs/bob.log", log(swipe("two")))
        logs.writestr("swipelogs/ann.log", log(swipe("one")))
        logs.writestr("swipelogs/ann.json", "{}")
    return path


def test_people_come_in_the_order_of_their_ids_from_a_zip_or_its_folder(archive: Path) -> None:
    with zipfile.ZipFile(archive) as logs:
        logs.extractall(archive.parent / "unpacked")
    folder = archive.parent / "unpacked"
    for path in (archive, folder, folder / "swipelogs"):
        people = list(read_people(path))
        assert [(person.id, person.swipes[0].word) for person in people] == [("ann", "one"), ("bob", "two")]


def test_people_are_read_one_at_a_time(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as logs:
        logs.writestr("swipelogs/zoe.log", "not a log")
    people = read_people(archive)
    assert next(people).id == "ann"
    assert next(people).id == "bob"
    with pytest.raises(ValueError, match=r"zoe\.log.*header.*sj67f"):
        next(people)


def test_a_path_without_the_logs_says_what_to_download(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="sj67f"):
        read_people(tmp_path / "absent.zip")
    with pytest.raises(ValueError, match="sj67f"):
        read_people(tmp_path)
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(ValueError, match="sj67f"):
        read_people(tmp_path / "text.zip")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as logs:
        logs.writestr("readme.txt", "")
    with pytest.raises(ValueError, match="sj67f"):
        read_people(tmp_path / "empty.zip")


def test_one_person_in_ten_is_unseen_and_stays_so() -> None:
    assert 900 < sum(is_unseen(f"person {i}") for i in range(10_000)) < 1100
    assert [name for name in map(str, range(30)) if is_unseen(name)] == ["18"]
