import pytest

from fedswipe.swipe.context import START, word_before


@pytest.mark.parametrize(
    ("context", "word"),
    [
        ("how are", "are"),
        ("How  ARE \n", "are"),
        (["how", "are"], "are"),
        ("I don't", "dont"),
        ("I don\u2019t", "dont"),
        ("well, then,", "then"),
        ('he said "yes', "yes"),
        ("(yes)", "yes"),
        ("Ещё", "ещё"),
        ("*really*", "really"),
    ],
)
def test_the_last_word_is_told_as_a_lexicon_has_it(context: str | list[str], word: str) -> None:
    assert word_before(context) == word


@pytest.mark.parametrize(
    "context",
    ["", " ", [], [""], "Yes.", "Yes! ", "Really?!", 'He said "no."', "So\u2026", ["yes", "."], "(Yes.)"],
)
def test_a_sentence_begins_with_the_text_and_behind_its_end(context: str | list[str]) -> None:
    assert word_before(context) == START


@pytest.mark.parametrize("context", ["at 7", "3rd", "-", "yes :-)", "a_b", "well-known", "yes , ,", "'"])
def test_what_is_no_word_tells_nothing(context: str) -> None:
    assert word_before(context) is None
