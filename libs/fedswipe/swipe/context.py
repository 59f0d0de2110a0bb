"""What stands before a swipe: of the text to its left, the last word."""

import re
from collections.abc import Sequence

Before = Sequence[str | None] | None  # the words before N swipes, as `word_before` gives each
START = ""  # in a word's place: a sentence begins here
_ENDED = re.compile(r"(^|[.!?\u2026][\"'\u2019\u201d\u00bb)\]]*)\s*$")
_APOSTROPHES = str.maketrans("", "", "'\u2019")
_NOT_A_LETTER = re.compile(r"[\W\d_]")
_AROUND = re.compile(r"^[\W_]+|[\W_]+$")


def word_before(context: str | Sequence[str]) -> str | None:
    """The last word of a text, or of words, in lower case and without apostrophes, as a lexicon has it.

    START where there is none yet, or behind a full stop, an exclamation or a question mark (an abbreviation's
    too). None where it is no word: a number, a dash, a smiley.
    """
    text = context if isinstance(context, str) else " ".join(context)
    if _ENDED.search(text):
        return START
    last = _AROUND.sub("", text.split()[-1]).translate(_APOSTROPHES)
    return None if not last or _NOT_A_LETTER.search(last) else last.lower()
